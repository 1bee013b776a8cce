/**
 * Takes items out of queues and triggers a run for each: at least once, since an item is acknowledged when its run has completed.
 *
 * @module
 */

import { platformClock } from "../clock.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import { type Report, reportTo } from "../faces/callbacks.js";
import type { Clock, Milliseconds, Value } from "../store/types/index.js";
import { checkCount, checkNumber, checkObject, checkWait } from "./arguments.js";
import type { MappedQueue, QueuedItem, QueueStore } from "./queues.js";
import { Timer } from "./timer.js";
import type { Runner } from "./types/index.js";

/** Options of `consumeQueues`. */
export interface ConsumeOptions {
  /** What triggers the runs; it has to know the graphs. */
  readonly runner: Runner;
  /** Where the queues are. */
  readonly dataStore: QueueStore;
  /** Which queues, and what their items trigger. */
  readonly queues: readonly MappedQueue[];
  /** How many items of one queue are worked on at once. Default 1: one after the other. */
  readonly concurrency?: number | undefined;
  /** How long an item is gone for others when this process dies; it is renewed three times in that span. Default 30,000 ms. */
  readonly visibility?: Milliseconds | undefined;
  /** How long to wait after a run that failed, before its item is given back. Default 1,000 ms. */
  readonly pause?: Milliseconds | undefined;
  /** Hears which runs failed, and what the queues throw. Default: rethrown as an unhandled error. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Where timers come from. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** What consumes queues. */
export interface Consumer {
  /** Takes no more items, and waits for the runs of those that it has. Idempotent. */
  close(): Promise<void>;
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long one look for an item waits: as long may `close` take beside an empty queue. */
const patience = 1;

/**
 * Triggers a run for each item of some queues, with `inputs.item`, and acknowledges the item when the run has completed. The item of a run that failed is
 * given back, and triggers another.
 *
 * An item whose run fails each time is tried for ever, at most once in `pause`, and holds up those behind it; one that is no JSON comes again each time that
 * its `visibility` is over, as `INVALID_PAYLOAD`. `onError` hears of both: what shall not be tried for ever is for the graph to end well, or for whoever hears it
 * to take out of the queue (`ack` of the error's `reservation`).
 *
 * @throws `INVALID_ARGUMENT` or `OUT_OF_RANGE` for options, naming the one.
 */
export function consumeQueues(options: ConsumeOptions): Consumer {
  checkObject("options", options);
  const { runner, dataStore, queues, concurrency = 1, visibility = 30_000, pause = 1_000, onError, clock = platformClock } = options;
  if (typeof runner?.trigger !== "function") throw new HoldallTypeError("runner must be a runner");
  if (typeof dataStore?.queue?.reserve !== "function") throw new HoldallTypeError("dataStore must be a DataStore");
  if (!Array.isArray(queues)) throw new HoldallTypeError("queues must be an array of queues, as mapQueues gives them");
  for (const [at, source] of queues.entries()) {
    if (typeof source?.queue !== "string" || typeof source.graph !== "string")
      throw new HoldallTypeError(`queues[${at}] must have a queue and a graph`);
  }
  checkCount("concurrency", concurrency, 1);
  checkNumber("visibility", visibility, Number.MIN_VALUE);
  checkWait("pause", pause);
  if (onError !== undefined && typeof onError !== "function") throw new HoldallTypeError("onError must be a function");
  if (typeof clock?.setTimer !== "function") throw new HoldallTypeError("clock must be a clock");
  const parts = { ...options, visibility, pause, clock, report: reportTo(onError) };
  const workers = queues.flatMap((queue) => Array.from({ length: concurrency }, () => new QueueWorker(queue, parts)));
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
  };
  return { close, [Symbol.asyncDispose]: close };
}

interface Parts extends Required<Pick<ConsumeOptions, "runner" | "dataStore">> {
  readonly visibility: Milliseconds;
  readonly pause: Milliseconds;
  readonly clock: Clock;
  readonly report: Report;
}

/** Works on the items of one queue, one after the other. */
class QueueWorker {
  readonly #source: MappedQueue;
  readonly #parts: Parts;
  readonly #ended: Promise<void>;
  #wake = () => {};
  #isClosing = false;

  constructor(source: MappedQueue, parts: Parts) {
    this.#source = source;
    this.#parts = parts;
    this.#ended = this.#work();
  }

  close(): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    return this.#ended;
  }

  async #work(): Promise<void> {
    const { dataStore, visibility, report } = this.#parts;
    while (!this.#isClosing) {
      try {
        const item = await dataStore.queue.reserve(this.#source.queue, { visibility: visibility / 1_000, timeout: patience });
        if (item !== null) await this.#run(item);
      } catch (error) {
        report(error);
        await this.#rest();
      }
    }
  }

  async #run(item: QueuedItem): Promise<void> {
    const { dataStore, visibility, clock, report } = this.#parts;
    const span = visibility / 1_000;
    const renewal = new Timer(clock, () => {
      renewal.set(visibility / 3);
      dataStore.queue.renew(item, { visibility: span }).catch(report);
    });
    renewal.set(visibility / 3);
    try {
      const run = await this.#parts.runner.trigger(this.#source.graph, { inputs: { item: item.value as Value } });
      await run.done;
    } catch (error) {
      report(error);
      // The runner is closing: somebody else gets the item at once.
      if (!(error instanceof HoldallError && error.code === "CLOSED")) await this.#rest();
      renewal.clear();
      await dataStore.queue.nack(item);
      return;
    } finally {
      renewal.clear();
    }
    await dataStore.queue.ack(item);
  }

  /** Waits, so that what fails at once does not fail without end. */
  #rest(): Promise<void> {
    const { clock, pause } = this.#parts;
    return new Promise((resolve) => {
      const timer = new Timer(clock, resolve);
      this.#wake = () => {
        timer.clear();
        resolve();
      };
      if (this.#isClosing) resolve();
      else timer.set(pause);
    });
  }
}
