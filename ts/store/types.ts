/**
 * The types of the store's public face: values, options, changes, and what every store and reader can do.
 *
 * @module
 */

/** A span of time in milliseconds. */
export type Milliseconds = number;

/** A point in time: milliseconds since 1970-01-01T00:00Z, as `Date.now()` gives it. */
export type Timestamp = number;

/**
 * How long an entry lives: milliseconds, or text such as `"90s"`, `"5m"`, `"1h30m"`, `"7d"` (units `ms`, `s`, `m`, `h`, `d`, `w`),
 * or `null` for ever.
 */
export type Ttl = Milliseconds | string | null;

/** What a store can hold: JSON, and `Date`, `bigint` and `Uint8Array` wherever a value may stand. */
export type Value =
  | null
  | boolean
  | number
  | string
  | bigint
  | Date
  | Uint8Array
  | readonly Value[]
  | { readonly [property: string]: Value | undefined };

/** The kind of a stored value. */
export type ValueKind = "string" | "number" | "boolean" | "null" | "array" | "object" | "date" | "bigint" | "bytes";

/** `T` as the store hands it out: the store's own copy, which nobody may change. `Value` is readonly as it is. */
export type DeepReadonly<T> = Value extends T
  ? T
  : T extends null | undefined | boolean | number | string | bigint | symbol
    ? T
    : T extends Date | Uint8Array
      ? T
      : T extends (...parameters: never[]) => unknown
        ? T
        : { readonly [P in keyof T]: DeepReadonly<T[P]> };

/**
 * `T` where a store can hold it, `never` in the places where it cannot (functions, symbols, `Map`, `Set`, an `undefined` that stands alone).
 * Interfaces and classes with `toJSON` are fine; other classes cannot be told from plain objects here, and are refused when they come.
 */
export type Storable<T> = T extends Value
  ? T
  : T extends (...parameters: never[]) => unknown
    ? never
    : T extends {
          /** As `JSON.stringify` calls it. */
          toJSON(): unknown;
        }
      ? T
      : T extends symbol | undefined | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | ArrayBuffer | ArrayBufferView
        ? never
        : T extends object
          ? { [P in keyof T]: Storable<Exclude<T[P], undefined>> | Extract<T[P], undefined> }
          : never;

/** Options of one write. What is not given is kept: metadata always, the deadline only by `keepTtl`. */
export interface SetOptions {
  /** How long the entry lives from now; without it the store's `defaultTtl`. Cannot stand beside `keepTtl`. */
  readonly ttl?: Ttl | undefined;
  /** Keep the deadline that the entry has. Default `false`. */
  readonly keepTtl?: boolean | undefined;
  /** The entry's tags from now on, replacing those it had. */
  readonly tags?: Iterable<string> | undefined;
  /** The entry's properties from now on, replacing those it had. */
  readonly properties?: Readonly<Record<string, Value>> | undefined;
  /** The entry's description from now on; `null` removes it. */
  readonly description?: string | null | undefined;
}

/** Options of `compareAndSet`. */
export interface CompareAndSetOptions extends SetOptions {
  /** The version that the entry must have now; 0 when it must not exist. */
  readonly version: number;
}

/** What a listing covers. */
export interface ListOptions {
  /** Only keys that begin with this. */
  readonly prefix?: string | undefined;
  /** At most so many. */
  readonly limit?: number | undefined;
  /** From the last to the first. Default `false`. */
  readonly reverse?: boolean | undefined;
  /** Only keys beyond this one, in the direction of the listing: pass the last key of one page to get the next. */
  readonly after?: string | undefined;
}

/** Which entries to find; all conditions given must hold. */
export interface FindOptions {
  /** The entry has every one of these tags; an empty list matches all. */
  readonly allTags?: Iterable<string> | undefined;
  /** The entry has at least one of these tags; an empty list matches none. */
  readonly anyTags?: Iterable<string> | undefined;
  /** Only keys that begin with this. */
  readonly prefix?: string | undefined;
}

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

/** What happened to an entry: `evict` makes room in a bounded store, `meta` changes tags, properties, description or deadline only. */
export type ChangeType = "set" | "delete" | "expire" | "evict" | "meta";

/** Where a change came from. A plain store knows `local` only. */
export type Origin = "local" | "remote" | "load" | "rollback";

/** The net effect of one commit on one key. */
export interface Change<T = Value> {
  /** What happened. */
  readonly type: ChangeType;
  /** The key, relative to the scope that is watched. */
  readonly key: string;
  /** The value after the commit, `undefined` when the entry is gone. */
  readonly value: DeepReadonly<T> | undefined;
  /** The value before the commit, `undefined` when there was none. */
  readonly previous: DeepReadonly<T> | undefined;
  /** The commit's number. */
  readonly version: number;
  /** Where the change came from. */
  readonly origin: Origin;
}

/** One atomic change of the store, with its net effects in key order. */
export interface Commit {
  /** The commit's number. */
  readonly version: number;
  /** Where it came from. */
  readonly origin: Origin;
  /** What changed here, in the order of keys. */
  readonly changes: readonly Change[];
}

/** Which changes to hear: one key, all keys with a prefix, all entries with a tag (before or after the change), or those a function picks. */
export type WatchTarget =
  | string
  | {
      /** Keys that begin with this. */
      readonly prefix: string;
    }
  | {
      /** Entries that have this tag before or after the change. */
      readonly tag: string;
      /** Of those, only keys that begin with this. */
      readonly prefix?: string;
    }
  | ((key: string) => boolean);

/** Hears one change. */
export type ChangeListener<T = Value> = (change: Change<T>) => void;

/** Hears one commit. */
export type CommitListener = (commit: Commit) => void;

/** Ends a subscription. Calling it again does nothing. */
export type Unsubscribe = () => void;

/** Why an entry left a store without being deleted. */
export type EvictReason = "expired" | "evicted";

/** Where a store takes its time and its timer from; for tests, `manualClock` of `holdall/testing`. */
export interface Clock {
  /** The time now. A store never lets it go backwards. */
  now(): Timestamp;
  /** Calls back once after a span, at most 2³¹ − 1 ms. The result must not keep a process alive. */
  setTimer(callback: () => void, span: Milliseconds): unknown;
  /** Forgets a timer. */
  clearTimer(timer: unknown): void;
}

/** What a bounded store does when it is full: make room by evicting the least recently used, or refuse the write. */
export type BoundPolicy = "lru" | "reject";

/** Bounds of a store or a scope. */
export interface Bounds {
  /** At most so many entries. Default: no bound. */
  readonly maxEntries?: number | undefined;
  /** At most so many bytes: UTF-8 keys + encoded values + metadata. Default: no bound. */
  readonly maxBytes?: number | undefined;
}

/** Options of `createStore`. */
export interface StoreOptions extends Bounds {
  /** The `ttl` of writes that give none. Default `null`: never. */
  readonly defaultTtl?: Ttl | undefined;
  /** What happens at the bounds. Default `"lru"`. */
  readonly policy?: BoundPolicy | undefined;
  /** Called after an entry expired or was evicted, never for a delete or an overwrite. Free to use the store. */
  readonly onEvict?: ((key: string, value: DeepReadonly<Value>, reason: EvictReason) => void) | undefined;
  /** Hears what listeners throw. Default: rethrown as an unhandled error. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** The memo of decoded values: its bound in estimated bytes, or `false` for none. Default 32 MiB. */
  readonly memo?:
    | {
        /** The bound in estimated bytes. */
        readonly maxBytes: number;
      }
    | false
    | undefined;
  /** Default: the platform's. */
  readonly clock?: Clock | undefined;
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
  /** Hears every later change here: one call per matching key per commit. */
  watch<T = Value>(listener: ChangeListener<T>): Unsubscribe;
  /** Hears every later change that a target picks. */
  watch<T = Value>(target: WatchTarget, listener: ChangeListener<T>): Unsubscribe;
  /** Hears every later commit that changes something here. */
  subscribe(listener: CommitListener): Unsubscribe;
  /** Counts for the whole store. */
  stats(): Stats;
}

/** A reader: a view that cannot write, and whose scopes cannot either. */
export interface Reader extends StoreReader {
  /** A reader of the keys that begin with `name:`, with those as its short keys. */
  scope(name: string): Reader;
  /** A reader of the keys of one untrusted id. */
  isolate(id: string): Reader;
}

/** A store, or a scope of one: everything synchronous. */
export interface Store extends StoreReader {
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
