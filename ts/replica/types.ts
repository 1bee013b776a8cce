/**
 * What `openStore` takes and gives.
 *
 * @module
 */

import type { Backend, Durability, StoreLimits } from "../backends/backend.js";
import type {
  Codec,
  CompareAndSetOptions,
  DeepReadonly,
  Difference,
  IncrementOptions,
  MergeOptions,
  MergeResult,
  MergeStrategy,
  MetadataOptions,
  Middleware,
  Milliseconds,
  Reader,
  SetOptions,
  StandardSchema,
  Storable,
  Store,
  StoreOptions,
  StoreReader,
  Timestamp,
  Transaction,
  Ttl,
  TypedReader,
  Unsubscribe,
  Value,
  WaitOptions,
  Watchable,
} from "../store/types/index.js";
import type { RemovalOptions } from "./removal.js";

/** Options of `openStore`. */
export interface OpenOptions extends StoreLimits, Pick<StoreOptions, "defaultTtl" | "onError" | "memo" | "history" | "clock"> {
  /** Where the store is kept. */
  readonly backend: Backend;
  /** Which of the backend's stores. Default `"default"`. */
  readonly name?: string | undefined;
  /** Holds only what `scope(name)` of the store would, by its short keys. Default: all. */
  readonly scope?: string | undefined;
  /** The most bytes of writes that may wait for the backend; `BACKLOG_FULL` beyond. Default 64 MiB. */
  readonly maxBacklogBytes?: number | undefined;
}

/** Options of what a backend decides. */
export interface DecideOptions {
  /** How many times it runs again when what it read has changed meanwhile. Default 100, of `transaction` 0. */
  readonly retries?: number | undefined;
}

/** How a backed store is doing. */
export interface StoreStatus {
  /**
   * `degraded` while the backend cannot be reached or refuses to tell its news: everything goes on locally, and is tried again. Also while the engine has
   * failed and another is loaded (see {@link BackedStore}).
   */
  readonly state: "ready" | "degraded" | "closed";
  /** What a write that was acknowledged survives. */
  readonly durability: Durability;
  /** Whether the store can be written; a version that is too old for it reads only. */
  readonly isWritable: boolean;
  /** Whether the platform promises not to throw the data away under pressure, where it makes that difference. */
  readonly persisted?: boolean | undefined;
  /** Bytes of writes that wait for the backend. */
  readonly backlog: number;
  /** Commits of the backend that are known and not applied here. */
  readonly lag: number;
  /** The backend's last commit that is applied here, as `changes` and `sync` take it. */
  readonly cursor: string;
  /** How often something was tried again after a passing failure. */
  readonly retries: number;
  /** How often a conditional commit found that what it read had changed. */
  readonly conflicts: number;
  /** The last failure, passed or not. */
  readonly lastError: unknown;
}

/** Options of `sync`. */
export interface SyncOptions {
  /** What has to be applied: a `cursor` of this store, from any of its replicas. Default: everything that was acknowledged before the call. */
  readonly after?: string | undefined;
}

/**
 * A store that a backend keeps: a replica of what the backend holds.
 *
 * Reads are local and synchronous. `set`, `setMany`, `delete`, `deleteMany` and `clear` are shown at once and acknowledged later; what depends on others
 * (all that returns a promise) is decided by the backend and shown when it is accepted. What is refused is taken back, and listeners hear it with
 * the origin `rollback`. The version of an entry is the number of the backend's commit, equal on all replicas; 0 while the write is pending.
 *
 * Rejections: `CONFLICT` when what was read has changed and there are no retries left; `QUOTA_EXCEEDED`, `COMMIT_TOO_LARGE`, `NOT_SUPPORTED` or another
 * code when the backend refuses; `OUTCOME_UNKNOWN` when nobody can tell whether it was applied; `CLOSED`. Local writes throw `BACKLOG_FULL` when too much waits.
 *
 * Where the engine has failed (`ENGINE_FAILED`, an internal error in any store of it), the store is loaded into another one, by itself: until then calls
 * get that code, and `sync()` waits. A write that was out is settled as ever; one that was not sent is lost, and rejects (in `flush`, where nobody
 * waited for it) with that code. Listeners stay, and hear how what was loaded differs from what they had heard, with the origin `load`.
 */
export interface BackedStore extends StoreReader, Watchable {
  /**
   * Sets a value. A later refusal takes it back: listeners hear that (`rollback`), the next `flush` rejects with the cause, and `status.lastError` has it;
   * who wants to hear of this very write uses `setAndWait`.
   */
  set<T>(key: string, value: Value | (T & Storable<T>), options?: SetOptions): void;
  /**
   * As `set`; resolves when the backend has made it durable, and rejects when it has refused it, whatever becomes of what listeners write upon it. Where
   * middleware passes nothing on it resolves at once; what middleware writes besides is waited for as well.
   */
  setAndWait<T>(key: string, value: Value | (T & Storable<T>), options?: SetOptions): Promise<void>;
  /**
   * Resolves when the write that was made last through this store or any scope of it is durable; rejects when that one was refused. Call it right after the
   * write, in the same turn: `store.delete(key); await store.acknowledged()`. What listeners write meanwhile does not count; within a listener only that does.
   */
  acknowledged(): Promise<void>;
  /** Sets many values as one atomic change. */
  setMany(pairs: Iterable<readonly [string, Value | object]>, options?: SetOptions): void;
  /** Deletes an entry; `true` if a live one was here. It is deleted at the backend in any case. */
  delete(key: string): boolean;
  /** Deletes many entries as one atomic change; returns how many were here. */
  deleteMany(keys: Iterable<string>): number;
  /** Deletes all entries as one atomic change; returns how many were here. */
  clear(): number;
  /** Sets a value if the entry's version is the one given; resolves to the new version, and rejects with `CONFLICT` otherwise. */
  compareAndSet<T>(key: string, value: Value | (T & Storable<T>), options: CompareAndSetOptions): Promise<number>;
  /** Sets what `change` makes of the value, `undefined` when missing; resolves to it. `change` may run several times. See {@link Store.update}. */
  update<T = Value>(
    key: string,
    change: (value: DeepReadonly<T> | undefined) => DeepReadonly<T>,
    options?: DecideOptions,
  ): Promise<DeepReadonly<T>>;
  /** The same in code that is generic over what it stores. */
  update<T extends Value>(
    key: string,
    change: (value: DeepReadonly<T> | undefined) => T,
    options?: DecideOptions,
  ): Promise<DeepReadonly<T>>;
  /** Adds `by`, default 1, to a number; resolves to the sum. See {@link Store.increment}. */
  increment(key: string, by?: number, options?: IncrementOptions & DecideOptions): Promise<number>;
  /** Sets values within the value, all or none; resolves to the whole. See {@link Store.updateFields}. */
  updateFields<T = Value>(key: string, fields: Readonly<Record<string, Value | object>>, options?: DecideOptions): Promise<DeepReadonly<T>>;
  /** Sets a new time to live; `false` when missing. */
  touch(key: string, ttl: Ttl, options?: DecideOptions): Promise<boolean>;
  /** Removes the deadline; `false` when missing. */
  persist(key: string, options?: DecideOptions): Promise<boolean>;
  /** Adds a tag; `false` when the entry is missing. */
  addTag(key: string, tag: string, options?: DecideOptions): Promise<boolean>;
  /** Removes a tag; `false` when the entry is missing. */
  removeTag(key: string, tag: string, options?: DecideOptions): Promise<boolean>;
  /** Replaces tags, properties and description where they are given; `false` when the entry is missing. */
  setMeta(key: string, metadata: MetadataOptions, options?: DecideOptions): Promise<boolean>;
  /** Sets one property beside the others; `false` when the entry is missing. */
  setProperty<T>(key: string, name: string, value: Value | (T & Storable<T>), options?: DecideOptions): Promise<boolean>;
  /** Removes one property; `false` when the entry is missing. */
  removeProperty(key: string, name: string, options?: DecideOptions): Promise<boolean>;
  /**
   * Runs a body whose reads and writes are staged, and commits them as one atomic change, which the backend accepts if nothing that was read has changed.
   *
   * @example
   * ```ts
   * import { openStore } from "holdall";
   * import { memory } from "holdall/backends/memory";
   *
   * const store = await openStore({ backend: memory() });
   * store.setMany([["from", 10], ["to", 0]]);
   * await store.transaction((tx) => {
   *   tx.increment("from", -3);
   *   tx.increment("to", 3);
   * }, { retries: 5 });
   * store.get("to"); // 3
   * ```
   */
  transaction<R>(body: (transaction: Transaction) => R | Promise<R>, options?: DecideOptions): Promise<R>;
  /** Brings in what another store, scope or reader holds, as one atomic change. See {@link Store.merge}. */
  merge(other: StoreReader, how: MergeStrategy | MergeOptions, options?: DecideOptions): Promise<MergeResult>;
  /** As `merge(other, "skip")`. */
  copyFrom(other: StoreReader, options?: DecideOptions): Promise<MergeResult>;
  /** Replaces everything here by what a snapshot holds; resolves to how many entries it brought. See {@link Store.restore}. */
  restore(bytes: Uint8Array, options?: DecideOptions): Promise<number>;
  /** Merges the entries of lines that `export` gave. See {@link Store.import}. */
  import(lines: string | Iterable<string>, how: MergeStrategy | MergeOptions, options?: DecideOptions): Promise<MergeResult>;
  /** The keys that are live on both sides. */
  collisions(other: StoreReader): string[];
  /** How another store, scope or reader differs from this one. */
  diff(other: StoreReader): Difference;
  /** What is shown, as bytes. See {@link Store.snapshot}. */
  snapshot(): Uint8Array<ArrayBuffer>;
  /** What is shown, as lines of JSON. See {@link Store.export}. */
  export(): IterableIterator<string>;
  /** An independent plain store of what is shown. */
  clone(): Store;
  /** This view without its mutators. */
  reader(): Reader;
  /**
   * A live view of the keys that begin with `name:`, with those as its short keys.
   *
   * @throws `NOT_SUPPORTED` for bounds, which only scopes of plain stores have.
   */
  scope(name: string): BackedStore;
  /** A scope for one untrusted id. */
  isolate(id: string): BackedStore;
  /**
   * A view of the same entries with values of one type, as `typed` of a plain store: the schema checks what is set (`INVALID_VALUE`, before anything is
   * sent) and what is read (`TYPE_MISMATCH`), whoever has written it. What the backend decides returns promises. The empty key is refused.
   *
   * @example
   * ```ts
   * import { openStore } from "holdall";
   * import { memory } from "holdall/backends/memory";
   * import { z } from "zod";
   *
   * const store = await openStore({ backend: memory() });
   * const users = store.scope("user").typed(z.object({ name: z.string(), visits: z.number().default(0) }));
   * users.set("1", { name: "Ada", visits: 1 });
   * const ada = await users.update("1", (user) => ({ name: "Ada", visits: (user?.visits ?? 0) + 1 }));
   * ada.visits; // 2
   * await store.close();
   * ```
   */
  typed<Input, Output extends Input>(
    schema: StandardSchema<Input, Output> & ([Output] extends [Storable<Output>] ? unknown : never),
  ): TypedBackedStore<DeepReadonly<Input>, Output>;
  /** The same with values of a type that a store cannot hold, such as a class, `Map` or `Set`. Each read gives one of the caller's own. */
  typed<Input, Output extends Input, Stored>(
    schema: StandardSchema<Input, Output>,
    codec: Codec<Output, Stored>,
  ): TypedBackedStore<Input, Output, Output>;
  /** Wraps the calls through this view and its scopes. What a transaction comes to passes as one list. See {@link Store.use}. */
  use(middleware: Middleware): Unsubscribe;
  /**
   * Resolves when every write that was made before the call is durable; rejects with the cause when one of them was refused that nobody else waited for.
   * A refusal is reported once.
   */
  flush(): Promise<void>;
  /** Resolves when everything that any replica had acknowledged before the call is applied here. Rejects with `UNAVAILABLE` when the backend cannot be asked. */
  sync(options?: SyncOptions): Promise<void>;
  /**
   * Resolves when no more than half of `maxBacklogBytes` waits for the backend. Where there is room that is at once, but for every 256th call, which lets
   * the event loop turn: so a loop of `await store.writable(); store.set(…)` holds up nobody.
   */
  writable(): Promise<void>;
  /** How it is doing, now. */
  readonly status: StoreStatus;
  /** Raises the formats of the store at the backend to the latest that this version knows. Older versions become readers, or cannot open it any more. */
  upgradeStore(): Promise<void>;
  /**
   * Closes this replica as `close` does, then removes the store from the backend, with all that is kept of it. Only this one: a store that was made anew in its place
   * is left alone. Other replicas of it find it replaced, as `removeStore` of the package says.
   *
   * Resolves when the removal is durable: `true` when the store is gone, also where somebody else has removed it; `false` when it has entries and `ifEmpty` was asked for.
   *
   * @throws what `close` rejects with, and then the store stays; `INVALID_ARGUMENT`; `NOT_SUPPORTED` where the backend removes no stores, and on a scope, which stays
   * open; `FORMAT_TOO_NEW`, `FORBIDDEN`; `UNAVAILABLE`, after which it may be gone.
   */
  removeStore(options?: RemovalOptions): Promise<boolean>;
  /**
   * Flushes, then releases everything; idempotent. Writes after the call get `CLOSED`, and everything does once it has ended. Rejects as `flush` does, after releasing
   * all the same. On a scope it ends the scope only.
   *
   * It waits as long as the backend cannot be reached. With a `timeout` or a `signal` it gives up then: it rejects with `TIMEOUT`, or the signal's
   * reason, and writes that nobody has decided reject with `CLOSED`; one that was out may have been applied all the same.
   */
  close(options?: WaitOptions): Promise<void>;
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A backed store with values of one type: `T`, which reads give as `Read`, and which is made of an `Input`. Each call is as that of a {@link BackedStore}. */
export interface TypedBackedStore<Input, T, Read = DeepReadonly<T>>
  extends TypedReader<T, Read>,
    Pick<BackedStore, "delete" | "deleteMany" | "clear" | "touch" | "persist" | "addTag" | "removeTag" | "acknowledged" | "flush"> {
  /** Sets a value. Throws `INVALID_VALUE` for one that does not pass, before anything changes. */
  set(key: string, value: Input, options?: SetOptions): void;
  /** As `set`; resolves when the backend has made it durable. */
  setAndWait(key: string, value: Input, options?: SetOptions): Promise<void>;
  /** Sets many values as one atomic change. */
  setMany(pairs: Iterable<readonly [string, Input]>, options?: SetOptions): void;
  /** Sets a value if the entry's version is the one given; resolves to the new version, and rejects with `CONFLICT` otherwise. */
  compareAndSet(key: string, value: Input, options: CompareAndSetOptions): Promise<number>;
  /** Sets what `change` makes of the value, `undefined` when missing; resolves to it. `change` may run several times. */
  update(key: string, change: (value: Read | undefined) => Input, options?: DecideOptions): Promise<Read>;
  /** This view without its mutators. */
  reader(): TypedReader<T, Read>;
  /** A live view of the keys that begin with `name:`, with those as its short keys. */
  scope(name: string): TypedBackedStore<Input, T, Read>;
  /** A scope for one untrusted id. */
  isolate(id: string): TypedBackedStore<Input, T, Read>;
}

/** The time of a backend, as the driver takes it from answers. */
export interface TimeSample {
  /** The host's time when the question left. */
  readonly sent: Timestamp;
  /** The host's time when the answer came. */
  readonly received: Timestamp;
  /** The backend's time between. */
  readonly time: Timestamp;
}

/** How long to wait between tries, in milliseconds. */
export interface BackoffOptions {
  /** After the first failure. */
  readonly first: Milliseconds;
  /** At most. */
  readonly most: Milliseconds;
}
