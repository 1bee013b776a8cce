/**
 * What can be given with a call: of one write, of a listing, of a store.
 *
 * @module
 */

import type { DeepReadonly, Milliseconds, Timestamp, Ttl, Value, ValueKind } from "./values.js";

/** Metadata of an entry as a write gives it. What is not given is kept. */
export interface MetadataOptions {
  /** The entry's tags from now on, replacing those it had. */
  readonly tags?: Iterable<string> | undefined;
  /** The entry's properties from now on, replacing those it had. */
  readonly properties?: Readonly<Record<string, Value>> | undefined;
  /** The entry's description from now on; `null` removes it. */
  readonly description?: string | null | undefined;
}

/** Options of one write. What is not given is kept: metadata always, the deadline only by `keepTtl`. */
export interface SetOptions extends MetadataOptions {
  /** How long the entry lives from now; without it the store's `defaultTtl`. Cannot stand beside `keepTtl`. */
  readonly ttl?: Ttl | undefined;
  /** Keep the deadline that the entry has. Default `false`. */
  readonly keepTtl?: boolean | undefined;
}

/** Options of `compareAndSet`. */
export interface CompareAndSetOptions extends SetOptions {
  /** The version that the entry must have now; 0 when it must not exist. */
  readonly version: number;
}

/** Options of `increment`. */
export interface IncrementOptions {
  /** How long an entry that this call makes lives; without it the store's `defaultTtl`. One that is there keeps its deadline. */
  readonly ttl?: Ttl | undefined;
}

/** Options of `getOrLoad`: those of the write that a load ends in. */
export type LoadOptions = Omit<SetOptions, "keepTtl">;

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

/** A property that an entry must have. */
export interface PropertyCondition {
  /** The property's name. */
  readonly name: string;
  /**
   * The value that it must have; without it, any. Values are equal when they are stored the same, so objects with the same properties in
   * another order are not.
   */
  readonly value?: Value | undefined;
}

/**
 * Which entries to find; all conditions given must hold.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 *
 * const jobs = createStore();
 * jobs.set("1", { status: "open" }, { tags: ["urgent"], properties: { owner: "ada" } });
 * jobs.set("2", { status: "open" }, { properties: { owner: "bob", retries: 3 } });
 * jobs.set("3", "a note", { tags: ["urgent"] });
 *
 * [...jobs.find({ allTags: ["urgent"] })]; // ["1", "3"]
 * [...jobs.find({ allTags: ["urgent"], kind: "object" })]; // ["1"]
 * [...jobs.find({ property: { name: "owner", value: "bob" } })]; // ["2"]
 * [...jobs.find({ property: [{ name: "owner" }, { name: "retries" }] })]; // ["2"]
 * ```
 */
export interface FindOptions {
  /** The entry has every one of these tags; an empty list matches all. */
  readonly allTags?: Iterable<string> | undefined;
  /** The entry has at least one of these tags; an empty list matches none. */
  readonly anyTags?: Iterable<string> | undefined;
  /** The entry has this property, or all of these; an empty list matches all. */
  readonly property?: PropertyCondition | Iterable<PropertyCondition> | undefined;
  /** The entry's value is of this kind, or of one of these; an empty list matches none. */
  readonly kind?: ValueKind | Iterable<ValueKind> | undefined;
  /** Only keys that begin with this. */
  readonly prefix?: string | undefined;
}

/**
 * Bounds of a store or a scope.
 *
 * What a bound gives to the scopes bounded within it is reserved for them, used or not, and the rest is shared by all other entries under it:
 * so nobody's write evicts an entry of a bounded scope, or is refused to it, but for that scope's own bound. Scopes within a bound must
 * limit whatever it limits, and theirs add up to at most it (`OUT_OF_RANGE`).
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 *
 * const cache = createStore({ maxEntries: 1_000 });
 * const ada = cache.isolate("ada", { maxEntries: 100 }); // kept for her; 900 are left to all others
 * ada.set("theme", "dark");
 * ```
 */
export interface Bounds {
  /** At most so many entries. Default: no bound. */
  readonly maxEntries?: number | undefined;
  /** At most so many bytes: UTF-8 keys + encoded values + metadata. Default: no bound. */
  readonly maxBytes?: number | undefined;
}

/**
 * What a bounded store does when it is full: make room by evicting the least recently used, or refuse the write with `QUOTA_EXCEEDED`. The
 * first refuses as well what no eviction makes room for: a value, or one atomic change (`setMany`, a transaction, a merge), that is larger than the bound.
 */
export type BoundPolicy = "lru" | "reject";

/** Where a store takes its time and its timer from; for tests, `manualClock` of `holdall/testing`. */
export interface Clock {
  /** The time now, a finite number of which the whole milliseconds count. A store never lets it go backwards. */
  now(): Timestamp;
  /** Calls back once after a span, at most 2³¹ − 1 ms. The result must not keep a process alive. */
  setTimer(callback: () => void, span: Milliseconds): unknown;
  /** Forgets a timer. */
  clearTimer(timer: unknown): void;
}

/** Why an entry left a store without being deleted. */
export type EvictReason = "expired" | "evicted";

/** Options of `createStore`. */
export interface StoreOptions extends Bounds {
  /** The `ttl` of writes that give none. Default `null`: never. */
  readonly defaultTtl?: Ttl | undefined;
  /** What happens at the bounds. Default `"lru"`. */
  readonly policy?: BoundPolicy | undefined;
  /** Called after an entry expired or was evicted, never for a delete or an overwrite. Free to use the store. */
  readonly onEvict?: ((key: string, value: DeepReadonly<Value>, reason: EvictReason) => void) | undefined;
  /**
   * Hears what listeners throw, and what their promises are rejected with. Default: rethrown as an unhandled error. In a backed store also, once, why the
   * backend refuses to tell its news.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /**
   * The memo of decoded values: its bound in estimated bytes, or `false` for none. Default 32 MiB. A value that takes more than a quarter of it is not
   * kept, and is decoded by each read. Give it room for what is read again and again: one that is much smaller holds nothing long enough to be found, and
   * reads take longer than with none (measured: 1.4–2.8 µs each against 0.85–1.3).
   */
  readonly memo?:
    | {
        /** The bound in estimated bytes. */
        readonly maxBytes: number;
      }
    | false
    | undefined;
  /**
   * How much of the past `changes({ since })` can give: at most so many commits (default 10,000), and so many bytes of them as the engine
   * tells them (default 8 MiB). It is kept from the first call of `changes` on, until the store is disposed of.
   */
  readonly history?:
    | {
        /** At most so many commits. */
        readonly maxCommits?: number | undefined;
        /** At most so many bytes: keys, values and previous values, tags, and some bytes around each. */
        readonly maxBytes?: number | undefined;
      }
    | undefined;
  /** Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** Options of a transaction. */
export interface TransactionOptions {
  /** How many times the body runs again when something that it read has changed meanwhile. Default 0. */
  readonly retries?: number | undefined;
}
