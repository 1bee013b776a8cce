/**
 * What every store, scope, reader and transaction can do.
 *
 * @module
 */

import type {
  ChangeFeed,
  ChangeListener,
  ChangesOptions,
  CommitListener,
  Unsubscribe,
  WaitOptions,
  WaitPredicate,
  WatchTarget,
} from "./changes.js";
import type { Difference, MergeOptions, MergeResult, MergeStrategy } from "./merging.js";
import type { Middleware } from "./middleware.js";
import type {
  Bounds,
  CompareAndSetOptions,
  FindOptions,
  IncrementOptions,
  ListOptions,
  LoadOptions,
  MetadataOptions,
  SetOptions,
  TransactionOptions,
} from "./options.js";
import type { Codec, StandardSchema } from "./schema.js";
import type { Shape, ShapePattern } from "./shapes.js";
import type { TypedReader, TypedStore } from "./typed.js";
import type { DeepReadonly, Milliseconds, Storable, Timestamp, Ttl, Value, ValueKind, ValueOfKind } from "./values.js";

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
  /**
   * The commits that change something here, from now on or on from a cursor, as an async iterator. To copy a store and keep up, begin the
   * feed, copy, then follow. The first call makes the store keep its history; it counts the commits of the whole store.
   *
   * Throws `INVALID_ARGUMENT` for a cursor of another store, or what is none.
   */
  changes(options?: ChangesOptions): ChangeFeed;
  /**
   * The value of a key as soon as it is there: at once, or after the first commit that sets it. A timer of it keeps no process alive.
   * Rejects with `TIMEOUT`, with the signal's reason, or with `CLOSED`.
   */
  waitFor<T = Value>(key: string, options?: WaitOptions): Promise<DeepReadonly<T>>;
  /**
   * The value of a key as soon as a predicate holds of it, `undefined` where the entry is missing: at once, or after the first later commit.
   * What the predicate throws rejects.
   */
  waitFor<T = Value>(key: string, predicate: WaitPredicate<T> | undefined, options?: WaitOptions): Promise<DeepReadonly<T> | undefined>;
}

/** A reader: a view that cannot write, and whose scopes cannot either. */
export interface Reader extends StoreReader, Watchable {
  /** A reader of the keys that begin with `name:`, with those as its short keys. */
  scope(name: string): Reader;
  /** A reader of the keys of one untrusted id. */
  isolate(id: string): Reader;
  /** This reader with values of one type; see `typed` of a store. */
  typed<Input, Output extends Input>(schema: StandardSchema<Input, Output>): TypedReader<Output>;
  /** This reader with values of one type that a store cannot hold. */
  typed<Input, Output extends Input, Stored>(
    schema: StandardSchema<Input, Output>,
    codec: Codec<Output, Stored>,
  ): TypedReader<Output, Output>;
  /** The keys that are live on both sides, in code-point order. */
  collisions(other: StoreReader): string[];
  /** How another store, scope or reader differs from this one; see {@link Store.diff}. */
  diff(other: StoreReader): Difference;
  /** The live entries as bytes, for `restore` of a store; see {@link Store.snapshot}. */
  snapshot(): Uint8Array<ArrayBuffer>;
  /** The live entries as JSON lines; see {@link Store.export}. */
  export(): IterableIterator<string>;
}

/** What changes entries, beside reading them: a store, a scope of one, or a transaction. */
export interface StoreWriter extends StoreReader {
  /** Sets a value. */
  set(key: string, value: Value, options?: SetOptions): void;
  /** Sets a value of a type of your own, such as an interface. */
  set<T>(key: string, value: T & Storable<T>, options?: SetOptions): void;
  /** Sets a value if the entry's version is the one given; returns the new version. Throws `CONFLICT` otherwise. */
  compareAndSet<T>(key: string, value: T & Storable<T>, options: CompareAndSetOptions): number;
  /**
   * Sets what `change` makes of the value, `undefined` when missing; returns it as the store gives it. One step: keeps the deadline and the
   * metadata, and throws `CONFLICT` when the entry changed or expired while `change` ran. What `change` throws passes on, and nothing changes.
   *
   * @example
   * ```ts
   * import { createStore } from "holdall";
   *
   * const store = createStore();
   * store.update("visits", (visits) => Number(visits ?? 0) + 1); // 1
   * ```
   */
  update<T = Value>(key: string, change: (value: DeepReadonly<T> | undefined) => DeepReadonly<T>): DeepReadonly<T>;
  /**
   * Adds `by` to a number, where a missing one is 0; returns the sum. The ttl counts when the entry is made; after that it keeps its deadline, so
   * that a counter with a ttl starts again when it has run out. `TYPE_MISMATCH` for what is no number, bigints too; `OUT_OF_RANGE` when the
   * sum is not finite.
   *
   * @param by - what to add; default 1
   */
  increment(key: string, by?: number, options?: IncrementOptions): number;
  /**
   * Sets values within a value, all or none; returns the whole as the store gives it. Keeps the deadline and the metadata.
   *
   * A path is a JSON Pointer (`"/lines/0/count"`, with `~1` for `/` and `~0` for `~` in names) or names with dots between them (`"customer.name"`).
   * What it leads to has to be there: `NOT_FOUND` otherwise, for `/lines/-` too, and for a missing entry; `TYPE_MISMATCH` where it leads through what is
   * neither an object nor an array. No path may lead into another's place. `undefined` is refused with `INVALID_VALUE`.
   */
  updateFields<T = Value>(key: string, fields: Readonly<Record<string, Value | object>>): DeepReadonly<T>;
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

/** A store, or a scope of one: everything synchronous. */
export interface Store extends StoreWriter, Watchable {
  /**
   * A live view of the keys that begin with `name:`, with those as its short keys. Scopes nest.
   *
   * Bounds bind the prefix, not this handle. Under `lru` a scope that is bound late may evict from what is left around it, not from itself.
   *
   * @throws `OUT_OF_RANGE` for bounds that do not fit into those around them, `INVALID_ARGUMENT` where the prefix has others already,
   * `QUOTA_EXCEEDED` where it holds more already, or under `reject` what is left around it does. Nothing has changed then.
   */
  scope(name: string, bounds?: Bounds): Store;
  /** A scope for one untrusted id: no id reaches another's keys, nor a named scope. Bounds as of `scope`. */
  isolate(id: string, bounds?: Bounds): Store;
  /**
   * Wraps the calls through this view and the scopes within it, whichever handle they come by. Several wrap each other: those of outer
   * scopes outermost, then those that came first. Returns what takes it away. What loads, expires or makes room does not pass it.
   *
   * A call on a store around this view goes past it, whatever it writes; a transaction passes what is around the views that its body wrote
   * through (`tx.scope(name)`). One that began while nothing was wrapped passes nothing that came since.
   *
   * `read` sees what `ReadOperation` lists. It does not see `export`, `snapshot`, `clone` and what another store merges from here, so it
   * is no way to hide values; nor `diff`, `stats`, `watch`, `subscribe`, `changes` and `waitFor`, what `update`, `updateFields` and
   * `increment` begin from, and what a transaction's body reads.
   */
  use(middleware: Middleware): Unsubscribe;
  /** This view without its mutators. */
  reader(): Reader;
  /**
   * The value, or what the loader gives, which is set for all: however many ask for the key while it loads, it is called once, with the
   * options of the first. When it rejects, all calls do; nothing is set, and the next call loads again.
   *
   * What happens to the key meanwhile wins. After a `set` all get its value. After a `delete` or `clear`, even of nothing, those who wait
   * get what was loaded, it is not set, and later calls load again. Rejects with `CLOSED` when the store was disposed of meanwhile, with
   * `INVALID_VALUE` or `QUOTA_EXCEEDED` when what was loaded cannot be set.
   */
  getOrLoad<T = Value>(
    key: string,
    loader: () => (T & Storable<T>) | Promise<T & Storable<T>>,
    options?: LoadOptions,
  ): Promise<DeepReadonly<T>>;
  /**
   * A view of the same entries with values of one type: the schema checks what is set (`INVALID_VALUE`) and what is read (`TYPE_MISMATCH`), and
   * what it makes of a value is what is stored, so it has to take what it gives: defaults are fine, and for another type there are codecs.
   * The empty key is refused.
   */
  typed<Input, Output extends Input>(
    schema: StandardSchema<Input, Output> & ([Output] extends [Storable<Output>] ? unknown : never),
  ): TypedStore<DeepReadonly<Input>, Output>;
  /** The same with values of a type that a store cannot hold, such as a class, `Map` or `Set`. Each read gives one of the caller's own. */
  typed<Input, Output extends Input, Stored>(
    schema: StandardSchema<Input, Output>,
    codec: Codec<Output, Stored>,
  ): TypedStore<Input, Output, Output>;
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
   *   tx.set("from", tx.getAs("from", "number") - 3);
   *   tx.set("to", tx.getAs("to", "number") + 3);
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
