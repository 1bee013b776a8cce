/**
 * Listings: iterators over entries as they were when the listing began, fetched from the engine in batches.
 *
 * @module
 */

import type { RawListing } from "../engine.js";
import type { Core } from "./core.js";
import { RecordReader } from "./records.js";
import type { Value } from "./types/index.js";

/** Entries of the first batch; later ones are larger, up to the largest. */
const firstBatch = 128;
const largestBatch = 1024;

/** An entry of a listing: the key relative to its view, and the value where it was asked for. */
export type Listed = readonly [string, Value | undefined];

/** Goes through a listing, from the state that it began with. The engine's side of it is freed when it ends, is left early, or is dropped. */
export class Walk {
  readonly #core: Core;
  #listing: RawListing | undefined;
  #left: number;
  readonly #withValues: boolean;
  #size = firstBatch;
  #keys: readonly string[] = [];
  #values: RecordReader | undefined;
  #at = 0;

  constructor(core: Core, listing: RawListing, limit: number, withValues: boolean) {
    this.#core = core;
    this.#listing = listing;
    this.#left = limit;
    this.#withValues = withValues;
  }

  /** The next entry. */
  next(): IteratorResult<Listed, undefined> {
    if (this.#at === this.#keys.length && !this.#fetch()) return { done: true, value: undefined };
    const key = this.#keys[this.#at++] as string;
    return { done: false, value: [key, this.#values?.value()] };
  }

  /** Leaves it, here or early. */
  return(): void {
    this.#keys = [];
    this.#at = 0;
    this.#listing?.free();
    this.#listing = undefined;
  }

  #fetch(): boolean {
    const { exchange } = this.#core;
    const listing = this.#listing;
    if (listing === undefined) return false;
    const wanted = Math.min(this.#size, this.#left);
    const count = wanted > 0 ? this.#core.run(() => listing.next(wanted, this.#withValues)) : 0;
    if (count === 0) {
      this.return();
      return false;
    }
    const records = new RecordReader(exchange.readBytes());
    this.#keys = records.texts(count);
    this.#values = this.#withValues ? records : undefined;
    this.#at = 0;
    this.#left -= count;
    this.#size = Math.min(this.#size * 4, largestBatch);
    return true;
  }
}

/**
 * Goes through a listing.
 *
 * @param limit - at most so many entries
 */
export function iterate(core: Core, listing: RawListing, limit: number, withValues: boolean): Walk {
  return new Walk(core, listing, limit, withValues);
}

/** What an iterator over entries is made from. */
interface Entries<E> {
  next(): IteratorResult<E, unknown>;
  return?(value?: undefined): unknown;
}

/** An iterator over what `pick` takes of each entry; where it takes nothing, the entry is passed over. What it throws ends it. */
export class EntryIterator<T, E = Listed> implements IterableIterator<T> {
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
