/**
 * Listings: iterators over entries as they were when the listing began, fetched from the engine in batches.
 *
 * @module
 */

import type { RawListing } from "../engine.js";
import type { Core } from "./core.js";
import { wholeStore } from "./exchange.js";
import { RecordReader } from "./records.js";
import type { Value } from "./types/index.js";

/** Entries of the first batch; later ones are larger, up to the largest. */
const firstBatch = 128;
const largestBatch = 1024;

/** Stands beside the count of the last batch. */
const ended = 2 ** 31;

/**
 * Goes through a listing, from the state that it began with: `key` and `value` are those of the entry that `advance` came to. The engine's side
 * of it is freed when it ends, is left early, or is dropped.
 */
export class Walk {
  /** The key, relative to its view. */
  key = "";
  /** The value, where it was asked for. */
  value: Value | undefined = undefined;
  readonly #core: Core;
  #listing: RawListing | undefined;
  #left: number;
  readonly #withValues: boolean;
  #size = firstBatch;
  #keys: readonly string[] = [];
  #values: RecordReader | undefined;
  #at = 0;

  /** Goes through at most `limit` entries. */
  constructor(core: Core, listing: RawListing, limit: number, withValues: boolean) {
    this.#core = core;
    this.#listing = listing;
    this.#left = limit;
    this.#withValues = withValues;
  }

  /** Goes to the next entry; `false` at the end. */
  advance(): boolean {
    this.#core.checkEngine();
    if (this.#at === this.#keys.length && !this.#fetch()) return false;
    this.key = this.#keys[this.#at++] as string;
    if (this.#values !== undefined) this.value = this.#values.value();
    return true;
  }

  /** Leaves it, here or early. */
  end(): void {
    this.#keys = [];
    this.#at = 0;
    this.#free();
  }

  #free(): void {
    this.#listing?.free();
    this.#listing = undefined;
  }

  #fetch(): boolean {
    const listing = this.#listing;
    const wanted = Math.min(this.#size, this.#left);
    if (listing === undefined || wanted <= 0) {
      this.end();
      return false;
    }
    let answer: number;
    try {
      answer = this.#core.check(
        this.#core.run(() => listing.next(wanted, this.#withValues)),
        wholeStore,
      );
    } catch (error) {
      // Nobody calls `return` of an iterator that threw, and what it holds is wanted where memory is short.
      this.end();
      throw error;
    }
    const count = answer < ended ? answer : answer - ended;
    const records = new RecordReader(this.#core.exchange.readBytes());
    this.#keys = records.texts(count);
    this.#values = this.#withValues ? records : undefined;
    this.#at = 0;
    this.#left -= count;
    this.#size = Math.min(this.#size * 4, largestBatch);
    if (answer !== count) this.#free();
    return count > 0;
  }
}

/** An iterator over what `pick` takes of each entry of a listing; where it takes nothing, the entry is passed over. */
export class ListingIterator<T> implements IterableIterator<T> {
  readonly #walk: Walk;
  readonly #pick: (key: string, value: Value | undefined) => T | undefined;

  constructor(walk: Walk, pick: (key: string, value: Value | undefined) => T | undefined) {
    this.#walk = walk;
    this.#pick = pick;
  }

  /** The next entry. */
  next(): IteratorResult<T, undefined> {
    const walk = this.#walk;
    while (walk.advance()) {
      const picked = this.#pick(walk.key, walk.value);
      if (picked !== undefined) return { done: false, value: picked };
    }
    return { done: true, value: undefined };
  }

  /** Ends the listing early. */
  return(): IteratorResult<T, undefined> {
    this.#walk.end();
    return { done: true, value: undefined };
  }

  /** Itself. */
  [Symbol.iterator](): this {
    return this;
  }
}

/** What an iterator over entries is made from. */
interface Entries<E> {
  next(): IteratorResult<E, unknown>;
  return?(value?: undefined): unknown;
}

/** An iterator over what `pick` makes of what another gives. What it throws ends both. */
export class EntryIterator<T, E> implements IterableIterator<T> {
  readonly #entries: Entries<E>;
  readonly #pick: (entry: E) => T | undefined;

  constructor(entries: Entries<E>, pick: (entry: E) => T | undefined) {
    this.#entries = entries;
    this.#pick = pick;
  }

  /** The next entry. */
  next(): IteratorResult<T, undefined> {
    for (;;) {
      const { done, value } = this.#entries.next();
      if (done) return { done: true, value: undefined };
      let picked: T | undefined;
      try {
        picked = this.#pick(value as E);
      } catch (error) {
        this.return();
        throw error;
      }
      if (picked !== undefined) return { done: false, value: picked };
    }
  }

  /** Ends the listing early. */
  return(): IteratorResult<T, undefined> {
    this.#entries.return?.(undefined);
    return { done: true, value: undefined };
  }

  /** Itself. */
  [Symbol.iterator](): this {
    return this;
  }
}
