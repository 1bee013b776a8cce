/**
 * What can be asked of every store, scope, reader and transaction.
 *
 * @module
 */

import type { FindOptions, ListOptions } from "./options.js";
import type { StandardSchema } from "./schema.js";
import type { Shape, ShapePattern } from "./shapes.js";
import type { DeepReadonly, Milliseconds, Timestamp, Value, ValueKind, ValueOfKind } from "./values.js";

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
  /** Of a backed store: whether a write to the entry waits for the backend; its version is 0 then, and its times and deadline are estimates. */
  readonly pending?: boolean;
}

/**
 * What a view holds now, and what has happened since the store was made.
 *
 * `entries` and `bytes` are of the view that was asked. The rest is counted once for the whole store, and is the same through all of its scopes and
 * readers: nothing is counted by scope, which would cost every read.
 */
export interface Stats {
  /** The live entries of this view. */
  readonly entries: number;
  /** UTF-8 keys + encoded values + metadata of the live entries of this view, as `maxBytes` counts them: keys with the names of their scopes. */
  readonly bytes: number;
  /** Reads in the whole store that found a live entry. */
  readonly hits: number;
  /** Reads in the whole store that found none. */
  readonly misses: number;
  /** Entries of the whole store that made room. */
  readonly evictions: number;
  /** Entries of the whole store that expired. */
  readonly expirations: number;
  /** Estimated bytes of the whole store's memo of decoded values. */
  readonly memoBytes: number;
}

/** What can be asked of a store without changing it. `T` is the type that its values are read as. */
export interface StoreReader {
  /**
   * The value, or `undefined` when the entry is missing or expired. Frozen, and the same object until the entry changes, as long as the memo holds it:
   * not with `memo: false`, nor where the value takes more than a quarter of the memo or holds a `Date` or bytes, and no longer than until others have
   * taken its place there. `meta(key).version` tells always whether the entry has changed.
   */
  get<T = Value>(key: string): DeepReadonly<T> | undefined;
  /** The value. Throws `NOT_FOUND` when missing or expired. */
  getOrThrow<T = Value>(key: string): DeepReadonly<T>;
  /** The value, or `fallback` when missing or expired. */
  getOrDefault<T = Value>(key: string, fallback: T): DeepReadonly<T>;
  /** The value, which is of a kind. Throws `NOT_FOUND` when missing or expired, `TYPE_MISMATCH` when it is of another kind. */
  getAs<K extends ValueKind>(key: string, kind: K): ValueOfKind[K];
  /**
   * The value as a schema gives it. Throws `NOT_FOUND` when missing or expired, `TYPE_MISMATCH`, a `SchemaError`, when it does not pass.
   * What the schema gives is kept with the value.
   */
  getAs<T>(key: string, schema: StandardSchema<unknown, T>): DeepReadonly<T>;
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
  /**
   * The entries and bytes of this view, and the counts of the whole store. Costs the same at any size for a store; for a scope, by how much it
   * holds. In a transaction it reads all of its range, as `size` does.
   */
  stats(): Stats;
  /** A live view of the keys that begin with `name:`, with those as its short keys. Throws `INVALID_ARGUMENT` for a name that is empty or has a part that begins with `~`. */
  scope(name: string): StoreReader;
  /** The scope of one untrusted id, which reaches no other id's keys. Throws `INVALID_ARGUMENT` when it is empty. */
  isolate(id: string): StoreReader;
}
