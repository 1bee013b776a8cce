/**
 * The types of Pepr's face: what its methods take and give, and the options of `peprStore`.
 *
 * @module
 */
import type { BackedStore, StoreStatus } from "../replica/types.js";
import type { Clock, Milliseconds, SetOptions, Store, ValueKind } from "../store/types/index.js";

/** What a Pepr store holds, as its listeners get it: a plain copy, free to be changed. */
export type PeprData = Record<string, string>;

/** Hears the whole content after a change. What it throws, or rejects with, goes to `onError`. */
export type PeprListener = (data: PeprData) => unknown;

/** Ends a subscription. Calling it again does nothing. */
export type PeprUnsubscribe = () => void;

/** The two operations that Pepr's controller knows. */
export type PeprOperation = "add" | "remove";

/** Takes an operation towards the cluster: keys as JSON Pointer tokens with Pepr's `v2-` before them, and the value to add. */
export type PeprSender = (operation: PeprOperation, keys: string[], value?: string) => unknown;

/** What holds items, as far as Pepr's face uses it: a store or a part of one, or one that is still being opened. */
export interface PeprItems {
  /** The value of a key. */
  get(key: string): unknown;
  /** What kind of value that is. */
  kindOf(key: string): ValueKind | undefined;
  /** The keys, in code-point order. */
  keys(): IterableIterator<string>;
  /** The keys with their values. */
  entries(): IterableIterator<[string, unknown]>;
  /** Sets a value. */
  set(key: string, value: string, options?: SetOptions): void;
  /** Sets values as one change. */
  setMany(pairs: Iterable<readonly [string, string]>, options?: SetOptions): void;
  /** Removes an item. */
  delete(key: string): boolean;
  /** Removes items as one change. */
  deleteMany(keys: Iterable<string>): number;
  /** Hears of each commit. */
  subscribe(listener: () => void): PeprUnsubscribe;
  /** Removes all items, those that are not known yet included; missing where all are known. */
  removeAll?(): void;
  /** Resolves when the last write is durable; missing where a write is at once all that it will be. */
  acknowledged?(): Promise<void>;
  /** Resolves when all writes are. */
  flush?(): Promise<void>;
  /** How much is not durable yet; missing where all is, or nothing is known. */
  readonly status?: Pick<StoreStatus, "backlog"> | undefined;
}

/** Options of one wait. */
export interface PeprWaitOptions {
  /** How long to wait. Default: the store's `timeout`. */
  readonly timeout?: Milliseconds | undefined;
  /** Ends the wait with the signal's reason. Already aborted: nothing is written. A write once made is not taken back. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `peprStore`. */
export interface PeprStoreOptions {
  /**
   * Where the items are kept: a plain store, or one that a backend keeps, whose waits resolve when the backend has made the write durable. Default: a plain
   * store of its own, which `close()` disposes of.
   */
  readonly store?: Store | BackedStore | undefined;
  /** The name of a capability: it sees an isolated part of the store, whatever the names of others. Default: the whole store. */
  readonly capability?: string | undefined;
  /**
   * The store stands in for the `Storage` of a Pepr `Capability`, whose controller registers its sender later: it is ready at the
   * controller's first `receive`, and what is written earlier is sent as soon as there is a sender. Default `false`: ready at once.
   */
  readonly standIn?: boolean | undefined;
  /** `"strict"`: Pepr's exact behaviour, its quirks included (class `StrictPeprStore`). Default: without them. */
  readonly compat?: "strict" | undefined;
  /** How long waits last that give no `timeout`. Default 15,000 ms, as in Pepr. */
  readonly timeout?: Milliseconds | undefined;
  /** Hears what listeners throw, and which writes were refused that nobody waited for (`key` and `cause` tell which and why). Default: rethrown as an unhandled error. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Where time and timers come from. Default: the platform's. */
  readonly clock?: Clock | undefined;
}
