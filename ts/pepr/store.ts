/**
 * Pepr's `Store`, without its defects.
 *
 * Without a sender the namespace (a Holdall store or an isolated part of one) is the truth: a write is in at once, its listeners have been
 * told when the call returns, and a wait resolves right after; where a backend keeps the store, when that has made the write durable.
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
import { Outbox } from "./outbox.js";
import { Readiness } from "./readiness.js";
import { Subscribers } from "./subscribers.js";
import type { PeprData, PeprItems, PeprListener, PeprSender, PeprStoreOptions, PeprUnsubscribe, PeprWaitOptions } from "./types.js";
import { checkTimeout, checkWaitOptions, defaultTimeout, Wait, type WaitLimits } from "./wait.js";
import { fromWire } from "./wire.js";

/** What a face needs beside its options: where its items are, and what to free when it closes. */
export interface PeprNamespace {
  /** The store, or the part of it, that holds the items. */
  readonly items: PeprItems;
  /** Fulfils when the items are there, where they are still to come. */
  readonly opened?: Promise<void> | undefined;
  /** Frees what was made for this face alone. */
  readonly release: () => void | Promise<void>;
}

function checkText(name: string, text: unknown): asserts text is string {
  if (typeof text !== "string") throw new HoldallTypeError(`${name} must be a string`);
}

function checkFunction(name: string, candidate: unknown): void {
  if (typeof candidate !== "function") throw new HoldallTypeError(`${name} must be a function`);
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
  readonly #capability: string | undefined;
  readonly #timeout: Milliseconds;
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #readiness: Readiness;
  readonly #subscribers: Subscribers;
  #outbox: Outbox | undefined;
  /** What the cluster holds and the store underneath refused: tried again, and reported once. */
  #leftOut = new Map<string, string>();
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;

  /** Made by `peprStore`. */
  constructor({ items, opened = Promise.resolve(), release }: PeprNamespace, options: Omit<PeprStoreOptions, "store" | "compat"> = {}) {
    this.#items = items;
    this.#release = release;
    this.#capability = options.capability;
    this.#timeout = checkTimeout(options.timeout, defaultTimeout);
    this.#clock = options.clock ?? platformClock;
    this.#report = reportTo(options.onError);
    this.#readiness = new Readiness(this.#snapshot, this.#report);
    this.#subscribers = new Subscribers(items, this.#snapshot, this.#report);
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
    checkText("key", key);
    checkText("value", value);
    this.#checkOpen();
    const outbox = this.#outbox;
    if (outbox === undefined) {
      this.#items.set(key, value);
      return;
    }
    const unstage = outbox.stage(key, value);
    try {
      this.#items.set(key, value, { ttl: null });
    } catch (error) {
      unstage();
      throw error;
    }
    outbox.pump(key);
  };

  /** Removes a key; a missing one is no error. */
  readonly removeItem = (key: string): void => {
    checkText("key", key);
    this.#checkOpen();
    const outbox = this.#outbox;
    const unstage = outbox?.stage(key, null);
    try {
      this.#items.delete(key);
    } catch (error) {
      unstage?.();
      throw error;
    }
    outbox?.pump(key);
  };

  /** Removes every key, those of writes on their way too; no error when there is none. */
  readonly clear = (): void => {
    this.#checkOpen();
    this.#outbox?.stageClear(this.#items.keys());
    if (this.#items.removeAll !== undefined) this.#items.removeAll();
    else this.#items.deleteMany(this.#strings().map(([key]) => key));
    this.#outbox?.pump();
  };

  /**
   * Sets a value and resolves `"ok"` when it is there for good: with a sender, when the cluster shows it or what superseded it. Rejects with
   * `TIMEOUT` after `timeout` (the write is not taken back), or with the signal's reason.
   */
  readonly setItemAndWait = async (key: string, value: string, options?: PeprWaitOptions): Promise<"ok"> => {
    const limits = checkWaitOptions(options, this.#timeout);
    this.setItem(key, value);
    return this.#untilAnswered(key, limits, (seconds) => `Key ${key} not seen in ${seconds}s`);
  };

  /** Removes a key and resolves `"ok"` when it is gone for good; at once when it is missing. Rejects as `setItemAndWait` does. */
  readonly removeItemAndWait = async (key: string, options?: PeprWaitOptions): Promise<"ok"> => {
    const limits = checkWaitOptions(options, this.#timeout);
    const isMissing = !this.has(key);
    this.removeItem(key);
    if (isMissing && this.#outbox === undefined && this.#readiness.loaded) return "ok";
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
    this.#checkOpen();
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
    if (this.#items.acknowledged !== undefined)
      throw new HoldallTypeError("a store that a backend keeps takes no sender: it would be kept twice");
    if (this.#capability !== undefined) checkResourceName(this.#capability);
    if (this.#outbox === undefined) {
      this.#outbox = this.#newOutbox();
      for (const [key, value] of this.#items.entries()) if (typeof value === "string") this.#outbox.stage(key, value);
    }
    this.#outbox.register(send);
  };

  /**
   * Takes the whole content of the cluster, with keys as Pepr stores them. Never throws for what single items do wrong: what the store
   * refuses is left out and goes to `onError`. Nothing happens after the store has closed. For Pepr's controller.
   */
  readonly receive = (data: PeprData): void => {
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
    this.#report(reason);
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
    const error = new HoldallError("TIMEOUT", `MAX_WAIT_TIME elapsed: the cluster does not take the write of key ${key}; it is undone`, {
      key,
    });
    for (const wait of waits) wait.reject(error);
    try {
      if (confirmed === undefined) this.#items.delete(key);
      else this.#items.set(key, confirmed, { ttl: null });
    } catch (failure) {
      this.#report(failure);
    }
    this.#report(error);
  };

  async #untilAnswered(key: string, limits: WaitLimits, describe: (seconds: number) => string): Promise<"ok"> {
    const outbox = this.#outbox;
    const items = this.#items;
    if (outbox === undefined && items.acknowledged === undefined) return "ok";
    const onTimeout = (timeout: Milliseconds) => new HoldallError("TIMEOUT", `MAX_WAIT_TIME elapsed: ${describe(timeout / 1000)}`, { key });
    let forget = () => {};
    const wait = new Wait(this.#clock, limits, onTimeout, () => forget());
    if (outbox !== undefined) forget = outbox.answerTo(key, wait);
    else {
      const refuse = (cause: HoldallError) =>
        wait.reject(new HoldallError(cause.code, `MAX_WAIT_TIME elapsed: Key ${key} is refused`, { key, cause }));
      items.acknowledged?.().then(() => wait.resolve(), refuse);
    }
    return wait.promise;
  }

  async #flush(limits: WaitLimits): Promise<void> {
    if (this.#outbox === undefined && this.#items.flush !== undefined) await this.#untilFlushed(this.#items.flush(), limits);
    const keys = this.#outbox?.keys() ?? [];
    await Promise.all(keys.map((key) => this.#untilAnswered(key, limits, (seconds) => `Key ${key} not seen in ${seconds}s`)));
  }

  #untilFlushed(flushed: Promise<void>, limits: WaitLimits): Promise<"ok"> {
    const onTimeout = (timeout: Milliseconds) =>
      new HoldallError("TIMEOUT", `MAX_WAIT_TIME elapsed: Not every write was durable in ${timeout / 1000}s`);
    const wait = new Wait(this.#clock, limits, onTimeout, () => {});
    flushed.then(
      () => wait.resolve(),
      (reason) => wait.reject(reason),
    );
    return wait.promise;
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
