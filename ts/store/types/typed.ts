/**
 * Typed views, and what they do by their type: read, hear and write values of it.
 *
 * @module
 */

import type { Change, Commit, Unsubscribe, WatchTarget } from "./changes.js";
import type { Bounds, CompareAndSetOptions, ListOptions, LoadOptions, SetOptions } from "./options.js";
import type { StoreReader } from "./reading.js";
import type { DeepReadonly } from "./values.js";
import type { StoreWriter } from "./writing.js";

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

/** A reader with values of one type: `T`, which reads give as `Read`. */
export interface TypedReader<T, Read = DeepReadonly<T>>
  extends TypedReads<T, Read>,
    TypedWatchable<Read>,
    Pick<StoreReader, "has" | "keys" | "find" | "size" | "ttl" | "meta" | "hasTag" | "kindOf" | "stats"> {
  /** A reader of the keys that begin with `name:`, with those as its short keys. */
  scope(name: string): TypedReader<T, Read>;
  /** A reader of the keys of one untrusted id. */
  isolate(id: string): TypedReader<T, Read>;
}

/** A store with values of one type: `Input` is set, `T` is what the schema makes of it, and reads give it as `Read`. */
export interface TypedStore<Input, T = Input, Read = DeepReadonly<T>>
  extends TypedReader<T, Read>,
    TypedWrites<Input, Read>,
    Pick<StoreWriter, "delete" | "deleteMany" | "clear" | "touch" | "persist" | "addTag" | "removeTag"> {
  /** A live view of the keys that begin with `name:`, with those as its short keys. */
  scope(name: string, bounds?: Bounds): TypedStore<Input, T, Read>;
  /** A scope for one untrusted id. */
  isolate(id: string, bounds?: Bounds): TypedStore<Input, T, Read>;
  /** This view without its mutators. */
  reader(): TypedReader<T, Read>;
  /** An independent store with the same entries, as `clone` of a store gives it. */
  clone(): TypedStore<Input, T, Read>;
}
