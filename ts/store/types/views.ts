/**
 * What every store, scope, reader and transaction can do.
 *
 * @module
 */

import type { ChangeListener, CommitListener, Unsubscribe, WatchTarget } from "./changes.js";
import type { Difference, MergeResult, MergeStrategy } from "./merging.js";
import type { Bounds, CompareAndSetOptions, FindOptions, ListOptions, SetOptions, TransactionOptions } from "./options.js";
import type { DeepReadonly, Milliseconds, Storable, Timestamp, Ttl, Value, ValueKind } from "./values.js";

/** What is known of an entry beside its value. A copy: changing it changes nothing. */
export interface Meta {
  /** The number of the commit that last changed the entry. */
  readonly version: number;
  /** When the entry was made. */
  readonly createdAt: Timestamp;
  /** When its value or metadata last changed. */
  readonly updatedAt: Timestamp;
  /** When it expires, or `null` for never. */
  readonly deadline: Timestamp | null;
  /** Its tags, in code-point order. */
  readonly tags: readonly string[];
  /** Its properties. */
  readonly properties: Readonly<Record<string, Value>>;
  /** Its description, or `null`. */
  readonly description: string | null;
}

/** Counts since the store was made, for the whole store. */
export interface Stats {
  /** Live entries. */
  readonly entries: number;
  /** UTF-8 keys + encoded values + metadata of the live entries. */
  readonly bytes: number;
  /** Reads that found a live entry. */
  readonly hits: number;
  /** Reads that found none. */
  readonly misses: number;
  /** Entries that made room. */
  readonly evictions: number;
  /** Entries that expired. */
  readonly expirations: number;
  /** Estimated bytes of the memo of decoded values. */
  readonly memoBytes: number;
}

/** What can be asked of a store without changing it. `T` is the type that its values are read as. */
export interface StoreReader {
  /** The value, or `undefined` when the entry is missing or expired. */
  get<T = Value>(key: string): DeepReadonly<T> | undefined;
  /** The value. Throws `NOT_FOUND` when missing or expired. */
  getOrThrow<T = Value>(key: string): DeepReadonly<T>;
  /** The value, or `fallback` when missing or expired. */
  getOrDefault<T = Value>(key: string, fallback: T): DeepReadonly<T>;
  /** A deep copy of the value to edit. */
  getMutable<T = Value>(key: string): T | undefined;
  /** As `get`, without counting as a use. */
  peek<T = Value>(key: string): DeepReadonly<T> | undefined;
  /** Whether a live entry is there; no use either. */
  has(key: string): boolean;
  /** The values of many keys, in their order, `undefined` where missing. */
  getMany<T = Value>(keys: Iterable<string>): (DeepReadonly<T> | undefined)[];
  /** The keys in code-point order, as they are now. */
  keys(options?: ListOptions): IterableIterator<string>;
  /** The values in the order of their keys, as they are now. */
  values<T = Value>(options?: ListOptions): IterableIterator<DeepReadonly<T>>;
  /** The entries in the order of their keys, as they are now. */
  entries<T = Value>(options?: ListOptions): IterableIterator<[string, DeepReadonly<T>]>;
  /** The entries, as `entries()` without options gives them. */
  [Symbol.iterator](): IterableIterator<[string, DeepReadonly<Value>]>;
  /** The keys of the entries that meet all conditions, in code-point order, by index. */
  find(options: FindOptions): IterableIterator<string>;
  /** The number of live entries. */
  readonly size: number;
  /** The time that an entry has left in ms, `null` for ever, `undefined` when missing. */
  ttl(key: string): Milliseconds | null | undefined;
  /** What is known of an entry beside its value, or `undefined` when missing. */
  meta(key: string): Meta | undefined;
  /** Whether a live entry has this tag. */
  hasTag(key: string, tag: string): boolean;
  /** The kind of an entry's value, or `undefined` when missing. */
  kindOf(key: string): ValueKind | undefined;
  /** Counts for the whole store. */
  stats(): Stats;
}

/** What can be listened to. Listeners run after the commit; they may read, write and unsubscribe. */
export interface Watchable {
  /** Hears every later change here: one call per matching key per commit. */
  watch<T = Value>(listener: ChangeListener<T>): Unsubscribe;
  /** Hears every later change that a target picks. */
  watch<T = Value>(target: WatchTarget, listener: ChangeListener<T>): Unsubscribe;
  /** Hears every later commit that changes something here. */
  subscribe(listener: CommitListener): Unsubscribe;
}

/** A reader: a view that cannot write, and whose scopes cannot either. */
export interface Reader extends StoreReader, Watchable {
  /** A reader of the keys that begin with `name:`, with those as its short keys. */
  scope(name: string): Reader;
  /** A reader of the keys of one untrusted id. */
  isolate(id: string): Reader;
  /** The live entries as JSON lines; see {@link Store.export}. */
  export(): IterableIterator<string>;
}

/** What changes entries, beside reading them: a store, a scope of one, or a transaction. */
export interface StoreWriter extends StoreReader {
  /** Sets a value. */
  set<T>(key: string, value: T & Storable<T>, options?: SetOptions): void;
  /** Sets a value if the entry's version is the one given; returns the new version. Throws `CONFLICT` otherwise. */
  compareAndSet<T>(key: string, value: T & Storable<T>, options: CompareAndSetOptions): number;
  /** Deletes an entry; `true` only if a live one was there. */
  delete(key: string): boolean;
  /** Sets many values as one atomic change. What a store cannot hold among them is refused when they come, not by types. */
  setMany(pairs: Iterable<readonly [string, Value | object]>, options?: SetOptions): void;
  /** Deletes many entries as one atomic change; returns how many were there. */
  deleteMany(keys: Iterable<string>): number;
  /** Deletes all entries as one atomic change; returns how many were there. */
  clear(): number;
  /** Sets a new time to live; `false` when missing. */
  touch(key: string, ttl: Ttl): boolean;
  /** Removes the deadline; `false` when missing. */
  persist(key: string): boolean;
  /** Adds a tag; `false` when the entry is missing. */
  addTag(key: string, tag: string): boolean;
  /** Removes a tag; `false` when the entry is missing. */
  removeTag(key: string, tag: string): boolean;
}

/**
 * What the body of a transaction reads and writes: its own writes, and else the store as it was when the body began. Any view of it throws `CLOSED`
 * once the body has ended. Versions in it are provisional.
 */
export interface Transaction extends StoreWriter {
  /** The keys that begin with `name:` within the transaction. */
  scope(name: string): Transaction;
  /** The keys of one untrusted id within the transaction. */
  isolate(id: string): Transaction;
}

/** Options of a merge. */
export interface MergeOptions {
  /** How conflicts are resolved. */
  readonly strategy: MergeStrategy;
  /** What both sides began from: only what the other side changed since then comes in, deletions too. */
  readonly base?: StoreReader | undefined;
}

/** A store, or a scope of one: everything synchronous. */
export interface Store extends StoreWriter, Watchable {
  /** A live view of the keys that begin with `name:`, with those as its short keys. Scopes nest. */
  scope(name: string, bounds?: Bounds): Store;
  /** A scope for one untrusted id: no id reaches another's keys, nor a named scope. */
  isolate(id: string): Store;
  /** This view without its mutators. */
  reader(): Reader;
  /**
   * An independent store with the same data, metadata, deadlines, limits and clock, without listeners. Costs the same at any size; that of
   * a scope has the scope's short keys and costs by its size.
   */
  clone(): Store;
  /**
   * Runs a body whose reads and writes are staged, and commits them as one atomic change when it returns, or when the promise that it returns is
   * fulfilled; when it throws or rejects, nothing happened. What the body was told must not have changed when it commits, else `CONFLICT`: values,
   * metadata and missing keys that it read, what its deletes found, and everything in the range of a listing, a `find` or a `size`. `retries` runs it again then.
   * A change made through the store itself inside the body is not part of it: it commits at once.
   *
   * @example
   * ```ts
   * import { createStore } from "holdall";
   *
   * const store = createStore();
   * store.setMany([["from", 10], ["to", 0]]);
   * store.transaction((tx) => {
   *   tx.set("from", tx.getOrThrow<number>("from") - 3);
   *   tx.set("to", tx.getOrThrow<number>("to") + 3);
   * });
   * store.get("to"); // 3
   * ```
   */
  transaction<R>(body: (transaction: Transaction) => R, options?: TransactionOptions): R;
  /**
   * Brings in what another store, scope or reader of the same process holds, as one atomic change: deadlines and metadata too. What is the same on
   * both sides stays as it is under every strategy. Throws `CONFLICT` under `error`, with the first key in conflict and nothing changed.
   *
   * @example
   * ```ts
   * import { createStore } from "holdall";
   *
   * const ours = createStore();
   * ours.set("a", 1);
   * const base = ours.clone();
   * const theirs = ours.clone();
   * theirs.set("a", 2);
   * ours.set("b", 3);
   * ours.merge(theirs, { strategy: "error", base }).overwritten; // ["a"]
   * ```
   */
  merge(other: StoreReader, how: MergeStrategy | MergeOptions): MergeResult;
  /** As `merge(other, "skip")`: brings in what is not here. */
  copyFrom(other: StoreReader): MergeResult;
  /** The keys that are live on both sides, in code-point order: those that a merge without a base collides at. */
  collisions(other: StoreReader): string[];
  /** How another store, scope or reader differs from this one. Costs by what both hold; where one was cloned from the other, by what has changed. */
  diff(other: StoreReader): Difference;
  /**
   * The live entries as bytes: values, metadata and deadlines, versioned and checksummed. Equal content gives equal bytes. Those of a scope
   * have its short keys. The format is described in the crate, `src/snapshot.rs`.
   *
   * @example
   * ```ts
   * import { createStore } from "holdall";
   *
   * const store = createStore();
   * store.set("a", 1);
   * const bytes = store.snapshot();
   * store.clear();
   * store.restore(bytes);
   * store.get("a"); // 1
   * ```
   */
  snapshot(): Uint8Array<ArrayBuffer>;
  /**
   * Replaces everything here by what a snapshot holds, as one atomic change; what has expired since is left out. Returns how many entries it
   * brought. Throws `INVALID_SNAPSHOT` for bytes that are damaged, cut off or no snapshot, `FORMAT_TOO_NEW` for those of a later version, with
   * nothing changed.
   */
  restore(bytes: Uint8Array): number;
  /**
   * The live entries as they are now, as readable lines of JSON that end with a line feed, one for each entry, in the order of keys: values of
   * every kind, deadlines and metadata. `ts/store/lines.ts` describes the format.
   *
   * @example
   * ```ts
   * import { createStore } from "holdall";
   *
   * const store = createStore();
   * store.set("a", { made: new Date(0) }, { tags: ["t"] });
   * [...store.export()].join(""); // {"key":"a","value":{"made":"~d0"},"tagged":true,"tags":["t"]}
   * ```
   */
  export(): IterableIterator<string>;
  /**
   * Merges the entries of lines that `export` gave, or that were written like them: a text, or its pieces, which need not be whole lines. An entry
   * whose deadline has passed is left out. Throws `INVALID_LINES`, naming the line, and what `merge` throws; nothing has changed then.
   */
  import(lines: string | Iterable<string>, how: MergeStrategy | MergeOptions): MergeResult;
  /** Frees the store; later calls throw `CLOSED`. Idempotent; on a scope it frees nothing but ends the scope. */
  dispose(): void;
  /** As `dispose`. */
  [Symbol.dispose](): void;
}
