/**
 * What every store, scope, reader and transaction can do.
 *
 * @module
 */

import type { ChangeListener, CommitListener, Unsubscribe, WatchTarget } from "./changes.js";
import type { Bounds, CompareAndSetOptions, FindOptions, ListOptions, MetadataOptions, SetOptions } from "./options.js";
import type { Shape, ShapePattern } from "./shapes.js";
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
  /**
   * The keys of the entries that meet all conditions, in code-point order, as they are now.
   *
   * By index: costs by how many meet the rarest condition on tags or properties, or have the prefix, whichever is fewer. `kind` alone passes over
   * pages of 64 entries without one of that kind.
   */
  find(options: FindOptions): IterableIterator<string>;
  /** The keys of the entries whose values are of a kind, or of one of several, in code-point order: `find` by `kind`. */
  keysByKind(kind: ValueKind | Iterable<ValueKind>, options?: Omit<FindOptions, "kind">): IterableIterator<string>;
  /**
   * The keys of the entries whose values have the shape of a pattern, in code-point order, as they are now; `options` narrow the search.
   *
   * Costs as `find` by the pattern's kind, and decoding what that finds, as it is iterated over.
   */
  findBySchema(pattern: ShapePattern, options?: Omit<FindOptions, "kind">): IterableIterator<string>;
  /** The number of live entries. */
  readonly size: number;
  /** The time that an entry has left in ms, `null` for ever, `undefined` when missing. */
  ttl(key: string): Milliseconds | null | undefined;
  /** What is known of an entry beside its value, or `undefined` when missing. */
  meta(key: string): Meta | undefined;
  /** Whether a live entry has this tag. */
  hasTag(key: string, tag: string): boolean;
  /** The value of an entry's property; `undefined` when the entry or the property is missing. */
  getProperty<T = Value>(key: string, name: string): DeepReadonly<T> | undefined;
  /** The kind of an entry's value, or `undefined` when missing. */
  kindOf(key: string): ValueKind | undefined;
  /** The shape of an entry's value, or `undefined` when missing; no use. Costs by the size of the value. */
  schemaOf(key: string): Shape | undefined;
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
  /**
   * Replaces tags, properties and description where they are given, and keeps the others; `false` when the entry is missing. Other fields
   * are passed over, so it takes what `meta` gave.
   */
  setMeta(key: string, metadata: MetadataOptions): boolean;
  /** Sets one property beside the others; `false` when the entry is missing. */
  setProperty<T>(key: string, name: string, value: T & Storable<T>): boolean;
  /** Removes one property; `false` when the entry is missing. */
  removeProperty(key: string, name: string): boolean;
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
  /** Frees the store; later calls throw `CLOSED`. Idempotent; on a scope it frees nothing but ends the scope. */
  dispose(): void;
  /** As `dispose`. */
  [Symbol.dispose](): void;
}
