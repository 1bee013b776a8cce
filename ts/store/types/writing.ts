/**
 * What can be written in every store, scope and transaction.
 *
 * @module
 */

import type { CompareAndSetOptions, IncrementOptions, MetadataOptions, SetOptions } from "./options.js";
import type { StoreReader } from "./reading.js";
import type { DeepReadonly, Storable, Ttl, Value } from "./values.js";

/** What changes entries, beside reading them: a store, a scope of one, or a transaction. */
export interface StoreWriter extends StoreReader {
  /** Sets a value. */
  set(key: string, value: Value, options?: SetOptions): void;
  /** Sets a value of a type of your own, such as an interface. */
  set<T>(key: string, value: T & Storable<T>, options?: SetOptions): void;
  /** Sets a value if the entry's version is the one given; returns the new version. Throws `CONFLICT` otherwise. */
  compareAndSet<T>(key: string, value: Value | (T & Storable<T>), options: CompareAndSetOptions): number;
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
  /** The same in code that is generic over what it stores. */
  update<T extends Value>(key: string, change: (value: DeepReadonly<T> | undefined) => T): DeepReadonly<T>;
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
  /** Sets a new time to live; `false` when missing. A change of the entry like any other, with a new version, also where the deadline was the same. */
  touch(key: string, ttl: Ttl): boolean;
  /** Removes the deadline; `false` when missing. A change of the entry like any other, with a new version, also where there was none. */
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
  setProperty<T>(key: string, name: string, value: Value | (T & Storable<T>)): boolean;
  /** Removes one property; `false` when the entry is missing. */
  removeProperty(key: string, name: string): boolean;
  /** A live view of the keys that begin with `name:`, to write too: within a transaction or a node, part of the same commit. */
  scope(name: string): StoreWriter;
  /** The scope of one untrusted id, to write too. */
  isolate(id: string): StoreWriter;
}

/**
 * What the body of a transaction reads and writes: its own writes, and else the store as it was when the body began. Any view of it throws `CLOSED`
 * once the body has ended. Versions in it are provisional. A read in it is no use of the entry (in a store that evicts what was used longest ago, only its
 * writes are), and counts as no hit or miss of `stats`.
 */
export interface Transaction extends StoreWriter {
  /** The keys that begin with `name:` within the transaction. It takes no bounds (`NOT_SUPPORTED`). */
  scope(name: string): Transaction;
  /** The keys of one untrusted id within the transaction. */
  isolate(id: string): Transaction;
}
