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
const firstBatch = 32;
const largestBatch = 1024;

/** An entry of a listing: the key relative to its view, and the value where it was asked for. */
export type Listed = readonly [string, Value | undefined];

/**
 * Iterates over a listing. The engine's side of it is freed when it ends, is left early, or is dropped.
 *
 * @param limit - at most so many entries
 */
export function iterate(core: Core, listing: RawListing, limit: number, withValues: boolean): Generator<Listed, undefined> {
  const entries = walk(core, listing, limit, withValues);
  // A generator that was never begun would not free the listing when it is left.
  entries.next();
  return entries;
}

const begun: Listed = ["", undefined];

function* walk(core: Core, listing: RawListing, limit: number, withValues: boolean): Generator<Listed, undefined> {
  let left = limit;
  let batch = firstBatch;
  try {
    yield begun;
    while (left > 0) {
      const wanted = Math.min(batch, left);
      const count = core.run(() => listing.next(wanted, withValues));
      const records = new RecordReader(core.exchange.readBytes());
      const entries = Array.from({ length: count }, (): Listed => [records.text(), records.value()]);
      yield* entries;
      // A batch ends early where values are large, so only an empty one is the end.
      if (count === 0) return;
      left -= count;
      batch = Math.min(batch * 4, largestBatch);
    }
  } finally {
    listing.free();
  }
}

/** An iterator over what `pick` takes of each entry. */
export class EntryIterator<T> implements IterableIterator<T> {
  readonly #entries: Generator<Listed, undefined>;
  readonly #pick: (entry: Listed) => T;

  constructor(entries: Generator<Listed, undefined>, pick: (entry: Listed) => T) {
    this.#entries = entries;
    this.#pick = pick;
  }

  /** The next entry. */
  next(): IteratorResult<T, undefined> {
    const { done, value } = this.#entries.next();
    return done ? { done: true, value: undefined } : { done: false, value: this.#pick(value) };
  }

  /** Ends the listing early. */
  return(): IteratorResult<T, undefined> {
    this.#entries.return(undefined);
    return { done: true, value: undefined };
  }

  /** Itself. */
  [Symbol.iterator](): this {
    return this;
  }
}
