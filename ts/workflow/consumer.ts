/**
 * Takes items out of queues and triggers a run for each: at least once, since an item is acknowledged when its run has completed, or was cancelled. What keeps
 * failing goes to the dead letters, where its consumer wants that.
 *
 * @module
 */

import { platformClock } from "../clock.js";
import { deadLetterName } from "../datastore/names.js";
import { type ErrorCode, HoldallError, HoldallTypeError } from "../errors.js";
import { callSafely, type Report, reportTo } from "../faces/callbacks.js";
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
  readonly queues: readonly Pick<MappedQueue, "queue" | "graph">[];
  /** How many items of one queue are worked on at once. Default 1: one after the other. */
  readonly concurrency?: number | undefined;
  /** How long an item is gone for others when this process dies; it is renewed three times in that span. Default 30,000 ms. */
  readonly visibility?: Milliseconds | undefined;
  /** How long to wait after a run that failed, before its item is given back, or moved to the dead letters. Default 1,000 ms. */
  readonly pause?: Milliseconds | undefined;
  /**
   * How many times an item is delivered, over all processes, before it is moved to the dead letters: 1 gives it one chance. Default: without end, so that no
   * item goes where nobody looks.
   */
  readonly maxDeliveries?: number | undefined;
  /** The queue that such items go to, from all of `queues`. Default: one for each of them, as `deadLetterName` calls it. */
  readonly deadLetterQueue?: string | undefined;
  /** Hears of each item that this consumer has moved there, and is waited for. What it throws goes to `onError`. */
  readonly onDeadLetter?: ((letter: DeadLetter) => unknown) | undefined;
  /** Hears which runs failed, and what the queues throw. Default: rethrown as an unhandled error. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Where timers come from. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** An item that was moved to the dead letters. */
export interface DeadLetter {
  /** The queue that it came from. */
  readonly queue: string;
  /** The queue that it is in now. */
  readonly deadLetterQueue: string;
  /** The item; `undefined` where it is no JSON, of which `error` has the text. */
  readonly value?: unknown;
  /** How often it was delivered. */
  readonly deliveries: number;
  /** What its last run failed with; `undefined` where the last to have it was lost with it. */
  readonly error?: unknown;
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

/** What says nothing about an item: its runner was closed, or its runs' store could not be reached. */
const blameless: readonly ErrorCode[] = ["CLOSED", "UNAVAILABLE"];

const codeOf = (error: unknown): ErrorCode | undefined => (error instanceof HoldallError ? error.code : undefined);

/** A run that was cancelled has ended as somebody wanted it to. */
function unlessCancelled(error: unknown): void {
  if (codeOf(error) !== "CANCELLED") throw error;
}

/**
 * Triggers a run for each item of some queues, with `inputs.item`, and acknowledges the item when the run has completed. The item of a run that failed is
 * given back, and triggers another, at most once in `pause`; it is at the front, and holds up those behind it. `onError` hears of it each time.
 *
 * With `maxDeliveries` an item that was delivered so many times, and not acknowledged, is moved to the dead letters in one step: after the run that failed
 * last, or, where the last consumer was killed or let the item lapse, by whoever would get it next, with no further run. All that ended without an
 * acknowledgement counts, but for what says nothing about the item: its run rejected with `CLOSED` because the runner was closed, or with `UNAVAILABLE`
 * because the store of the runs was out of reach. What has been moved is in an ordinary queue of the DataStore: look at it, pop it, push it back, where
 * it begins anew. `onDeadLetter` hears of a move once it is done, and at most once: a process that dies right then says nothing.
 *
 * The item of a run that was cancelled is acknowledged, and `onError` hears nothing: somebody asked for that end, and another run would undo it. Who wants the
 * item to be tried again pushes it again.
 *
 * Without `maxDeliveries` an item whose run fails each time is tried for ever. One that is no JSON is told to `onError` as `INVALID_PAYLOAD` each time that its `visibility` is
 * over, for ever or up to `maxDeliveries`.
 *
 * @throws `INVALID_ARGUMENT` or `OUT_OF_RANGE` for options, naming the one.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 * import { DataStore } from "holdall/datastore";
 * import { consumeQueues, createRunner } from "holdall/workflow";
 *
 * const dataStore = DataStore.memory();
 * const runner = createRunner({ store: createStore(), nodes: { bill: () => Promise.reject(new Error("no such customer")) } });
 * await runner.upsertGraph("bill", { nodes: [{ node_name: "bill", identifier: "bill" }] });
 * const consumer = consumeQueues({
 *   runner,
 *   dataStore,
 *   queues: [{ queue: "bills", graph: "bill" }],
 *   maxDeliveries: 3,
 *   pause: 10,
 *   onError: () => {}, // hears of each run that failed
 *   onDeadLetter: ({ value, deliveries }) => console.log(value, deliveries), // { customer: 17 } 3
 * });
 * await dataStore.queue.push("bills", { customer: 17 });
 * await dataStore.queue.pop("bills:dead-letters"); // { customer: 17 }
 * await consumer.close();
 * await runner.close();
 * ```
 */
export function consumeQueues(options: ConsumeOptions): Consumer {
  checkObject("options", options);
  const {
    runner,
    dataStore,
    queues,
    concurrency = 1,
    visibility = 30_000,
    pause = 1_000,
    maxDeliveries = Number.POSITIVE_INFINITY,
    onError,
    clock = platformClock,
  } = options;
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
  checkDeadLetters(options);
  if (typeof clock?.setTimer !== "function") throw new HoldallTypeError("clock must be a clock");
  const parts = { ...options, visibility, pause, maxDeliveries, clock, report: reportTo(onError) };
  const workers = queues.flatMap((queue) => Array.from({ length: concurrency }, () => new QueueWorker(queue, parts)));
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
  };
  return { close, [Symbol.asyncDispose]: close };
}

/** Checks what is said of dead letters, which without `maxDeliveries` there are none of. */
function checkDeadLetters({ dataStore, queues, maxDeliveries, deadLetterQueue, onDeadLetter }: ConsumeOptions): void {
  checkCount("maxDeliveries", maxDeliveries, 1);
  if (maxDeliveries !== undefined && typeof dataStore.queue.reject !== "function")
    throw new HoldallTypeError("dataStore must be a DataStore that rejects items: maxDeliveries needs it");
  if (deadLetterQueue !== undefined) {
    if (typeof deadLetterQueue !== "string" || deadLetterQueue === "")
      throw new HoldallTypeError("deadLetterQueue must be the name of a queue");
    if (maxDeliveries === undefined) throw new HoldallTypeError("deadLetterQueue needs maxDeliveries");
    if (queues.some(({ queue }) => queue === deadLetterQueue))
      throw new HoldallTypeError("deadLetterQueue must be none of queues: its items would never come to rest");
  }
  if (onDeadLetter !== undefined) {
    if (typeof onDeadLetter !== "function") throw new HoldallTypeError("onDeadLetter must be a function");
    if (maxDeliveries === undefined) throw new HoldallTypeError("onDeadLetter needs maxDeliveries");
  }
}

interface Parts extends Pick<ConsumeOptions, "runner" | "dataStore" | "deadLetterQueue" | "onDeadLetter"> {
  readonly maxDeliveries: number;
  readonly visibility: Milliseconds;
  readonly pause: Milliseconds;
  readonly clock: Clock;
  readonly report: Report;
}

/** Works on the items of one queue, one after the other. */
class QueueWorker {
  readonly #source: ConsumeOptions["queues"][number];
  readonly #parts: Parts;
  readonly #ended: Promise<void>;
  #wake = () => {};
  #isClosing = false;

  constructor(source: ConsumeOptions["queues"][number], parts: Parts) {
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
    const { dataStore, visibility, maxDeliveries } = this.#parts;
    while (!this.#isClosing) {
      try {
        const item = await dataStore.queue.reserve(this.#source.queue, { visibility: visibility / 1_000, timeout: patience });
        if (item === null) continue;
        // Whoever had it the last time was lost with it.
        if (item.deliveries > maxDeliveries) await this.#bury(item);
        else await this.#run(item);
      } catch (error) {
        await this.#fail(error);
      }
    }
  }

  /** What the queue throws. An item that cannot be read has a reservation, which lapses. */
  async #fail(error: unknown): Promise<void> {
    const { maxDeliveries, report } = this.#parts;
    report(error);
    if (codeOf(error) === "INVALID_PAYLOAD") {
      const { reservation } = error as { readonly reservation?: Omit<QueuedItem, "value"> };
      if (reservation !== undefined && reservation.deliveries >= maxDeliveries) await this.#bury(reservation, error).catch(report);
    }
    await this.#rest();
  }

  async #run(item: QueuedItem): Promise<void> {
    const { dataStore, visibility, clock, maxDeliveries, report } = this.#parts;
    const span = visibility / 1_000;
    const renewal = new Timer(clock, () => {
      renewal.set(visibility / 3);
      dataStore.queue.renew(item, { visibility: span }).catch(report);
    });
    renewal.set(visibility / 3);
    try {
      const run = await this.#parts.runner.trigger(this.#source.graph, { inputs: { item: item.value as Value } });
      await run.done.catch(unlessCancelled);
    } catch (error) {
      report(error);
      const code = codeOf(error);
      // The runner is closing: somebody else gets the item at once.
      if (code !== "CLOSED") await this.#rest();
      renewal.clear();
      if (code !== undefined && blameless.includes(code)) await dataStore.queue.release(item);
      else if (item.deliveries >= maxDeliveries) await this.#bury(item, error);
      else await dataStore.queue.nack(item);
      return;
    } finally {
      renewal.clear();
    }
    await this.#acknowledge(item);
  }

  /** Acknowledges until the queue has answered: where a connection was lost, the item is not to trigger another run for that. */
  async #acknowledge(item: QueuedItem): Promise<void> {
    const { dataStore, report } = this.#parts;
    for (let isRepeated = false; ; isRepeated = true) {
      try {
        await dataStore.queue.ack(item);
        return;
      } catch (error) {
        // The first may have arrived.
        if (isRepeated && codeOf(error) === "LEASE_LOST") return;
        if (this.#isClosing || codeOf(error) !== "UNAVAILABLE") throw error;
        report(error);
        await this.#rest();
      }
    }
  }

  /** Moves an item to the dead letters, and tells. */
  async #bury(item: Omit<QueuedItem, "value"> & { readonly value?: unknown }, error?: unknown): Promise<void> {
    const { dataStore, onDeadLetter, deadLetterQueue = deadLetterName(item.queue), report } = this.#parts;
    const { queue, value, deliveries } = item;
    await dataStore.queue.reject(item, { to: deadLetterQueue });
    if (onDeadLetter !== undefined) await callSafely(() => onDeadLetter({ queue, deadLetterQueue, value, deliveries, error }), report);
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
