/**
 * Pepr's `Store`, without its defects.
 *
 * Without a sender the namespace (a Holdall store or an isolated part of one) is the truth: a write is in at once, its listeners have been
 * told when the call returns, and a wait resolves right after; where a backend keeps the store, when that has made the write durable. A
 * write that the backend refuses is undone, and told to who waits for it, else to `onError` (acknowledgements.ts).
 *
 * With a sender (`registerSender`, as Pepr's controller calls it) the cluster is the truth, and the namespace holds what it last showed
 * (`receive`) with the writes on top that it has not shown yet. So reads see their own writes, and no content that lacks a pending write
 * undoes it. How writes are handed over, and when one counts as lost or refused, is the outbox's (outbox.ts). The outcomes:
 * - seen: the content shows the write, or a later one of the same key. Waits resolve.
 * - unknown: no answer within the wait's time. The wait rejects, and the write stays in place and is tried on: it may still arrive.
 * - refused: given up after many tries beside contents that lack it. The key falls back to what the cluster holds, listeners are told,
 *   `onError` and what still waits get a `TIMEOUT` error.
 * What the namespace holds when a sender is registered is sent as if written then (with `standIn`: what was written through this face).
 * Writes past this face are not sent, and yield to the next content.
 *
 * Entries that are no strings (other users of a shared store may put them there) are invisible here. Every method is bound, as Pepr's are.
 *
 * @module
 */

import { platformClock } from "../clock.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import { type Report, reportTo } from "../faces/callbacks.js";
import { checkResourceName } from "../faces/pepr-names.js";
import type { Clock, Milliseconds } from "../store/types/index.js";
import { Acknowledgements, isBacked } from "./acknowledgements.js";
import { Outbox } from "./outbox.js";
import { Readiness } from "./readiness.js";
import { Subscribers } from "./subscribers.js";
import type { PeprData, PeprItems, PeprListener, PeprSender, PeprStoreOptions, PeprUnsubscribe, PeprWaitOptions } from "./types.js";
import { asWait, checkTimeout, checkWaitOptions, defaultTimeout, timeoutError, Wait, type WaitLimits } from "./wait.js";
import { fromWire } from "./wire.js";

/** What a face needs beside its options: where its items are, and what to free when it closes. */
export interface PeprNamespace {
  /** The store, or the part of it, that holds the items. */
  readonly items: PeprItems;
  /** Fulfils when the items are there, where they are still to come. */
  readonly opened?: Promise<void> | undefined;
  /** Why they have not come yet, where that is known. */
  readonly delay?: (() => unknown) | undefined;
  /** Frees what was made for this face alone. */
  readonly release: () => void | Promise<void>;
}

function checkText(name: string, text: unknown): asserts text is string {
  if (typeof text !== "string") throw new HoldallTypeError(`${name} must be a string`);
}

function checkFunction(name: string, candidate: unknown): void {
  if (typeof candidate !== "function") throw new HoldallTypeError(`${name} must be a function`);
}

function noSender(): HoldallTypeError {
  return new HoldallTypeError("a store that a backend keeps takes no sender and no content of one: it would be kept twice");
}

/**
 * A Pepr store over a Holdall store; made by `peprStore`. It has the shape of Pepr's `PeprStore`, so that `capability.Store = peprStore()`
 * compiles and works. It can also take the place of the `Storage` behind it, whose private fields ask for a cast:
 * `capability.registerStore = () => store as never`, with the option `standIn`.
 *
 * Every method throws (or rejects with) `CLOSED` after `close()`, and `INVALID_ARGUMENT`, a `TypeError`, for keys and values that are no
 * strings; what the store underneath refuses (`INVALID_KEY`, `QUOTA_EXCEEDED`) changes and sends nothing.
 */
export class PeprStore {
  readonly #items: PeprItems;
  readonly #release: () => void | Promise<void>;
  readonly #delay: () => unknown;
  readonly #capability: string | undefined;
  readonly #timeout: Milliseconds;
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #readiness: Readiness;
  readonly #subscribers: Subscribers;
  #outbox: Outbox | undefined;
  /** What a backend has yet to answer, where one keeps the items. */
  readonly #acknowledgements: Acknowledgements | undefined;
  /** What the cluster holds and the store underneath refused: tried again, and reported once. */
  #leftOut = new Map<string, string>();
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;

  /** Made by `peprStore`. */
  constructor(
    { items, opened = Promise.resolve(), delay = () => undefined, release }: PeprNamespace,
    options: Omit<PeprStoreOptions, "store" | "compat"> = {},
  ) {
    this.#items = items;
    this.#release = release;
    this.#delay = delay;
    this.#capability = options.capability;
    this.#timeout = checkTimeout(options.timeout, defaultTimeout);
    this.#clock = options.clock ?? platformClock;
    this.#report = reportTo(options.onError);
    this.#readiness = new Readiness(this.#snapshot, this.#report);
    this.#subscribers = new Subscribers(items, this.#snapshot, this.#report);
    if (isBacked(items)) {
      if (options.standIn) throw noSender();
      // Of an opening that has failed `onError` hears once.
      const refused = (error: unknown) =>
        opened.then(
          () => this.#state !== "closed" && this.#report(error),
          () => {},
        );
      this.#acknowledgements = new Acknowledgements(items, refused);
    }
    if (options.standIn) this.#outbox = this.#newOutbox();
    else opened.then(this.#loaded, this.#failed);
  }

  /** How many items there are. Cost: looks at every key, as `keys` does. */
  get length(): number {
    return this.keys().length;
  }

  /** The value of a key, or `null` when it is missing; own writes are seen at once. */
  readonly getItem = (key: string): string | null => {
    checkText("key", key);
    this.#checkOpen();
    const value = this.#items.get(key);
    return typeof value === "string" ? value : null;
  };

  /** Whether a key is there, with whatever value. */
  readonly has = (key: string): boolean => {
    checkText("key", key);
    this.#checkOpen();
    return this.#items.kindOf(key) === "string";
  };

  /** The keys, in code-point order. */
  readonly keys = (): string[] => {
    this.#checkOpen();
    return [...this.#items.keys()].filter((key) => this.#items.kindOf(key) === "string");
  };

  /** The key at an index of `keys()`, or `null` beyond it, as in Web Storage. */
  readonly key = (index: number): string | null => {
    if (typeof index !== "number") throw new HoldallTypeError("index must be a number");
    return this.keys()[index] ?? null;
  };

  /** Sets a value. */
  readonly setItem = (key: string, value: string): void => {
    checkText("value", value);
    this.#write(key, value);
    this.#acknowledgements?.expect(key);
  };

  /** Removes a key; a missing one is no error. */
  readonly removeItem = (key: string): void => {
    this.#write(key, null);
    this.#acknowledgements?.expect(key);
  };

  /** Removes every key, those of writes on their way too; no error when there is none. */
  readonly clear = (): void => {
    this.#checkOpen();
    this.#outbox?.stageClear(this.#items.keys());
    if (this.#items.removeAll !== undefined) this.#items.removeAll();
    else this.#items.deleteMany(this.#strings().map(([key]) => key));
    this.#acknowledgements?.expect(undefined);
    this.#outbox?.pump();
  };

  /**
   * Sets a value and resolves `"ok"` when it is there for good: with a sender, when the cluster shows it or what superseded it. Rejects with
   * `TIMEOUT` after `timeout` (the write is not taken back), with the code of what refuses it, or with the signal's reason.
   */
  readonly setItemAndWait = async (key: string, value: string, options?: PeprWaitOptions): Promise<"ok"> => {
    const limits = checkWaitOptions(options, this.#timeout);
    checkText("value", value);
    asWait(key, () => this.#write(key, value));
    return this.#untilAnswered(key, limits, (seconds) => `Key ${key} not seen in ${seconds}s`);
  };

  /** Removes a key and resolves `"ok"` when it is gone for good; at once when it is missing. Rejects as `setItemAndWait` does. */
  readonly removeItemAndWait = async (key: string, options?: PeprWaitOptions): Promise<"ok"> => {
    const limits = checkWaitOptions(options, this.#timeout);
    // What is missing here may be on its way out.
    const wasGone = asWait(key, () => !this.has(key)) && this.#readiness.loaded && !this.#acknowledgements?.arePending;
    asWait(key, () => this.#write(key, null));
    if (wasGone && this.#outbox === undefined) {
      this.#acknowledgements?.expect(key);
      return "ok";
    }
    return this.#untilAnswered(key, limits, (seconds) => `Key ${key} still seen after ${seconds}s`);
  };

  /** Hears the whole content after each commit that changes it; one listener that throws stops no other. */
  readonly subscribe = (listener: PeprListener): PeprUnsubscribe => {
    checkFunction("listener", listener);
    this.#checkOpen();
    return this.#subscribers.add(listener);
  };

  /** Runs a callback once with the content, as soon as it has been loaded; soon, when that is so already. */
  readonly onReady = (callback: PeprListener): void => {
    checkFunction("callback", callback);
    this.#checkOpen();
    this.#readiness.onReady(callback);
  };

  /**
   * Fulfils when the content has been loaded and every `onReady` callback, asynchronous ones too, has ended. Within such a callback, which
   * would wait for itself, it means loaded, and fulfils at once; on platforms without Node's `AsyncLocalStorage` (pages) that holds for what
   * the callback calls before its first `await`, and a later call in it must not be awaited there.
   */
  readonly ready = async (): Promise<void> => {
    this.#checkOpen();
    await this.#readiness.whenReady();
  };

  /** Fulfils when every write made so far is there for good; rejects as a wait for the slowest of them would. */
  readonly flush = async (options?: PeprWaitOptions): Promise<void> => {
    asWait(undefined, () => this.#checkOpen());
    await this.#flush(checkWaitOptions(options, this.#timeout));
  };

  /**
   * Flushes, then releases: an own store is disposed of, a given one is left as it is. Later calls get `CLOSED` at once. Rejects when not
   * all could be flushed in time, after releasing all the same. Idempotent.
   */
  readonly close = (): Promise<void> => {
    this.#closing ??= this.#finish();
    return this.#closing;
  };

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Connects to a cluster: writes go to this sender from now on, and `receive` answers them. For Pepr's controller. */
  readonly registerSender = (send: PeprSender): void => {
    checkFunction("send", send);
    this.#checkOpen();
    if (this.#acknowledgements !== undefined) throw noSender();
    if (this.#capability !== undefined) checkResourceName(this.#capability);
    if (this.#outbox === undefined) {
      this.#outbox = this.#newOutbox();
      for (const [key, value] of this.#items.entries()) if (typeof value === "string") this.#outbox.stage(key, value);
    }
    this.#outbox.register(send);
  };

  /**
   * Takes the whole content of the cluster, with keys as Pepr stores them. Never throws for what single items do wrong: what the store
   * refuses is left out and goes to `onError`. Nothing happens after the store has closed. A store that a backend keeps refuses all of it
   * (`INVALID_ARGUMENT`), as it refuses a sender. For Pepr's controller.
   */
  readonly receive = (data: PeprData): void => {
    if (this.#acknowledgements !== undefined) throw noSender();
    if (this.#state === "closed") return;
    const content = fromWire(data);
    this.#outbox?.accept(content);
    const wanted = this.#outbox?.overlay(content) ?? content;
    this.#subscribers.asOne(() => {
      this.#replaceItems(wanted);
      this.#readiness.load();
    });
    this.#outbox?.pump();
  };

  readonly #loaded = (): void => {
    if (this.#outbox === undefined) this.#readiness.load();
  };

  readonly #failed = (reason: unknown): void => {
    this.#readiness.close(reason);
    // Who closes it does so whether or not it would ever have opened, and hears what became of writes.
    if (this.#state === "open") this.#report(reason);
  };

  readonly #snapshot = (): PeprData => {
    // An ordinary object, in which even `__proto__` is a property of its own.
    return Object.fromEntries(this.#strings());
  };

  /** The entries that are strings: what else stands in the namespace is somebody else's. */
  #strings(): [string, string][] {
    return [...this.#items.entries()].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  }

  #newOutbox(): Outbox {
    return new Outbox({ clock: this.#clock, report: this.#report, refused: this.#refused });
  }

  readonly #refused = (key: string, confirmed: string | undefined, waits: readonly Wait[]): void => {
    const error = timeoutError(`the cluster does not take the write of key ${key}; it is undone`, { key });
    for (const wait of waits) wait.reject(error);
    try {
      if (confirmed === undefined) this.#items.delete(key);
      else this.#items.set(key, confirmed, { ttl: null });
    } catch (failure) {
      this.#report(failure);
    }
    this.#report(error);
  };

  /** Makes a write here, `null` for a removal, and hands it over where there is a sender; what the store underneath refuses is not handed over. */
  #write(key: string, value: string | null): void {
    checkText("key", key);
    this.#checkOpen();
    const outbox = this.#outbox;
    const unstage = outbox?.stage(key, value);
    try {
      if (value === null) this.#items.delete(key);
      else this.#items.set(key, value, outbox && { ttl: null });
    } catch (error) {
      unstage?.();
      throw error;
    }
    outbox?.pump(key);
  }

  /** Fulfils when the write that was made just now is answered. */
  async #untilAnswered(key: string, limits: WaitLimits, describe: (seconds: number) => string): Promise<"ok"> {
    const outbox = this.#outbox;
    const acknowledgements = this.#acknowledgements;
    if (outbox === undefined && acknowledgements === undefined) return "ok";
    const onTimeout = (timeout: Milliseconds) => timeoutError(describe(timeout / 1000), { key, cause: this.#delay() });
    let forget = () => {};
    const wait = new Wait(this.#clock, limits, onTimeout, () => forget());
    if (outbox !== undefined) forget = outbox.answerTo(key, wait);
    else acknowledgements?.expect(key, wait);
    return wait.promise;
  }

  async #flush(limits: WaitLimits): Promise<void> {
    if (this.#acknowledgements !== undefined) {
      const onTimeout = (timeout: Milliseconds) =>
        timeoutError(`Not every write was durable in ${timeout / 1000}s`, { cause: this.#delay() });
      const wait = new Wait(this.#clock, limits, onTimeout, () => {});
      this.#acknowledgements.flush(wait);
      await wait.promise;
    }
    const keys = this.#outbox?.keys() ?? [];
    await Promise.all(keys.map((key) => this.#untilAnswered(key, limits, (seconds) => `Key ${key} not seen in ${seconds}s`)));
  }

  async #finish(): Promise<void> {
    this.#state = "closing";
    let isFlushed = false;
    try {
      await this.#flush({ timeout: this.#timeout, signal: undefined });
      isFlushed = true;
    } finally {
      this.#state = "closed";
      this.#outbox?.stop(new HoldallError("CLOSED", "the store was closed before the write was seen"));
      this.#readiness.close();
      this.#subscribers.close();
      const released = this.#release();
      // Else it takes until somebody takes the rest.
      if (isFlushed) await released;
    }
  }

  #replaceItems(wanted: ReadonlyMap<string, string>): void {
    const held = new Map(this.#strings());
    const gone = [...held.keys()].filter((key) => !wanted.has(key));
    const single = [...wanted].filter(([key]) => this.#leftOut.has(key));
    const changed = [...wanted].filter(([key, value]) => held.get(key) !== value && !this.#leftOut.has(key));
    if (gone.length > 0) this.#items.deleteMany(gone);
    try {
      if (changed.length > 0) this.#items.setMany(changed, { ttl: null });
    } catch {
      single.push(...changed);
    }
    this.#replaceSingly(single);
  }

  #replaceSingly(items: readonly (readonly [string, string])[]): void {
    const before = this.#leftOut;
    this.#leftOut = new Map();
    for (const [key, value] of items) {
      try {
        this.#items.set(key, value, { ttl: null });
      } catch (error) {
        this.#leftOut.set(key, value);
        if (before.get(key) !== value) this.#report(error);
      }
    }
  }

  #checkOpen(): void {
    if (this.#state !== "open") throw new HoldallError("CLOSED", "the store is closed");
  }
}
