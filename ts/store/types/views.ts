/**
 * Stores, scopes and readers: all that they can do.
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
import type { Bounds, LoadOptions, TransactionOptions } from "./options.js";
import type { StoreReader } from "./reading.js";
import type { Codec, StandardSchema } from "./schema.js";
import type { TypedReader, TypedStore } from "./typed.js";
import type { DeepReadonly, Storable, Value } from "./values.js";
import type { StoreWriter, Transaction } from "./writing.js";

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
  /** A reader of the keys that begin with `name:`, with those as its short keys. It takes no bounds (`NOT_SUPPORTED`). */
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
   * get what was loaded, it is not set, and later calls load again. A loader that awaits `getOrLoad` of the key that it loads waits for itself for
   * ever, as do two that await each other's keys: have it read by `get` instead. Rejects with `CLOSED` when the store was disposed of meanwhile, with
   * `INVALID_VALUE` or `QUOTA_EXCEEDED` when what was loaded cannot be set.
   */
  getOrLoad<T extends Value = Value>(key: string, loader: () => T | Promise<T>, options?: LoadOptions): Promise<DeepReadonly<T>>;
  /** The same with a value of a type of your own, such as an interface. */
  getOrLoad<T>(key: string, loader: () => (T & Storable<T>) | Promise<T & Storable<T>>, options?: LoadOptions): Promise<DeepReadonly<T>>;
  /**
   * A view of the same entries with values of one type: the schema checks what is set (`INVALID_VALUE`) and what is read (`TYPE_MISMATCH`), and
   * what it makes of a value is what is stored, so it has to take what it gives: defaults are fine, and for another type there are codecs.
   * The empty key is refused; one that others have set is listed by `keys`, `values`, `entries` and `find`, and counted by `size`.
   *
   * What it has no method for (metadata beside tags, transactions, merges, snapshots, `waitFor`, `changes`) is done on the store beneath, which has the
   * same entries: `store.merge(other, …)`, whose `other` is a store, a scope or a reader, and never a typed view.
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
   * Merges the entries of lines that `export` gave, or that were written like them: a text, or its pieces, which need not be whole lines, and are put
   * together as they are: every line but the last has to end with a line feed, where it is a piece of its own too. An entry whose deadline has passed is
   * left out. Throws `INVALID_LINES`, naming the line, and what `merge` throws; nothing has changed then.
   */
  import(lines: string | Iterable<string>, how: MergeStrategy | MergeOptions): MergeResult;
  /**
   * Frees the store; later calls throw `CLOSED`. Idempotent. On a scope it frees nothing but ends this handle: what was begun through it goes on (its
   * listeners, feeds, middleware, and who waits), and so do other handles and scopes of the same keys.
   */
  dispose(): void;
  /** As `dispose`. */
  [Symbol.dispose](): void;
}
