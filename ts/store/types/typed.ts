/**
 * What a typed view does by its type: reads, hears and writes values of it.
 *
 * @module
 */

import type { Change, Commit, Unsubscribe, WatchTarget } from "./changes.js";
import type { CompareAndSetOptions, ListOptions, LoadOptions, SetOptions } from "./options.js";

/** A change of a typed view. Its values are read when they are looked at: `TYPE_MISMATCH` is thrown there. */
export interface TypedChange<Read> extends Omit<Change, "value" | "previous"> {
  /** The value after the commit, `undefined` when the entry is gone. */
  readonly value: Read | undefined;
  /** The value before the commit, `undefined` when there was none. */
  readonly previous: Read | undefined;
}

/** A commit as a typed view tells it. */
export interface TypedCommit<Read> extends Omit<Commit, "changes"> {
  /** What changed here, in the order of keys. */
  readonly changes: readonly TypedChange<Read>[];
}

/** The reads of a typed view, as those of a store. Each throws `TYPE_MISMATCH` for a value that does not pass. */
export interface TypedReads<T, Read> {
  /** The value, or `undefined` when the entry is missing or expired. */
  get(key: string): Read | undefined;
  /** The value. Throws `NOT_FOUND` when missing or expired. */
  getOrThrow(key: string): Read;
  /** The value, or `fallback` when missing or expired. */
  getOrDefault(key: string, fallback: Read): Read;
  /** A copy of the value to edit. */
  getMutable(key: string): T | undefined;
  /** As `get`, without counting as a use. */
  peek(key: string): Read | undefined;
  /** The values of many keys, in their order, `undefined` where missing. */
  getMany(keys: Iterable<string>): (Read | undefined)[];
  /** The values in the order of their keys, as they are now. One that does not pass ends the iterator. */
  values(options?: ListOptions): IterableIterator<Read>;
  /** The entries in the order of their keys, as they are now. One that does not pass ends the iterator. */
  entries(options?: ListOptions): IterableIterator<[string, Read]>;
  /** The entries, as `entries()` without options gives them. */
  [Symbol.iterator](): IterableIterator<[string, Read]>;
}

/** What can be listened to in a typed view. */
export interface TypedWatchable<Read> {
  /** Hears every later change here. */
  watch(listener: (change: TypedChange<Read>) => void): Unsubscribe;
  /** Hears every later change that a target picks. */
  watch(target: WatchTarget, listener: (change: TypedChange<Read>) => void): Unsubscribe;
  /** Hears every later commit that changes something here. */
  subscribe(listener: (commit: TypedCommit<Read>) => void): Unsubscribe;
}

/** The writes of a typed view, as those of a store. Each throws `INVALID_VALUE` for a value that does not pass, before anything changes. */
export interface TypedWrites<Input, Read> {
  /** Sets a value. */
  set(key: string, value: Input, options?: SetOptions): void;
  /** Sets a value if the entry's version is the one given; returns the new version. Throws `CONFLICT` otherwise. */
  compareAndSet(key: string, value: Input, options: CompareAndSetOptions): number;
  /** Sets many values as one atomic change. */
  setMany(pairs: Iterable<readonly [string, Input]>, options?: SetOptions): void;
  /** Sets what `change` makes of the value, `undefined` when missing, in one step; returns it. */
  update(key: string, change: (value: Read | undefined) => Input): Read;
  /** The value, or what the loader gives, which is set for all. */
  getOrLoad(key: string, loader: () => Input | Promise<Input>, options?: LoadOptions): Promise<Read>;
}
