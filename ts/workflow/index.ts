/**
 * Workflow runs on Holdall: graphs of nodes whose state is a store.
 *
 * @module
 */

export { type ConsumeOptions, type Consumer, consumeQueues, type DeadLetter } from "./consumer.js";
export { defineNode } from "./define.js";
export { GraphError, MissingKeysError, NodeFailedError } from "./errors.js";
export {
  type MappedQueue,
  mapQueues,
  type QueuedItem,
  type QueuedItemHandle,
  type QueueItem,
  type QueueMap,
  type QueueStore,
  queueReader,
  queueWriter,
} from "./queues.js";
export { type Direction, fanout, prune, requeueAfter } from "./result.js";
export { createRunner } from "./runner.js";
export type * from "./types/index.js";
