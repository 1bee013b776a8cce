/**
 * `holdall/datastore`: queues and a cache on Redis, or in memory with the same semantics.
 *
 * @module
 */
export { type ErrorCode, HoldallError } from "../errors.js";
export type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";
export type { DataStoreCache } from "./cache.js";
export type { DataStoreConnection } from "./connection.js";
export { DataStore } from "./datastore.js";
export { InvalidPayloadError, UnavailableError } from "./errors.js";
export { deserialize, serialize } from "./json.js";
export { deadLetterName, type NamedQueueEdge, type QueueEdge, queueName, queueNames } from "./names.js";
export type { DataStoreQueue } from "./queue.js";
export type * from "./types.js";
