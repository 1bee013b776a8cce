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

/** There may be more than the batch that was answered. */
const more = 1;

/**
 * Goes through a listing, from the state that it began with: `key` and `value` are those of the entry that `advance` came to. The engine's side
 * of what is left is freed when it ends, is left early, or is dropped.
 */
export class Walk {
  /** The key, relative to its view. */
  key = "";
  /** The value, where it was asked for. */
  value: Value | undefined = undefined;
  readonly #core: Core;
  readonly #withValues: boolean;
  #rest: RawListing | undefined;
  #keys: readonly string[] = [];
  #values: RecordReader | undefined;
  #at = 0;

  /** Goes through a listing that has just begun: the engine answered `answer`, and its first batch. */
  constructor(core: Core, answer: number, withValues: boolean) {
    this.#core = core;
    this.#rest = answer === more ? core.raw.rest() : undefined;
    this.#withValues = withValues;
    this.#take();
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
    this.#rest?.free();
    this.#rest = undefined;
  }

  #fetch(): boolean {
    const rest = this.#rest;
    if (rest === undefined) {
      this.end();
      return false;
    }
    try {
      const answer = this.#core.check(
        this.#core.run(() => rest.next()),
        wholeStore,
      );
      if (answer !== more) this.#free();
    } catch (error) {
      // Nobody calls `return` of an iterator that threw, and what it holds is wanted where memory is short.
      this.end();
      throw error;
    }
    this.#take();
    return this.#keys.length > 0;
  }

  /** Takes the batch that was answered. Values are decoded one by one, when their turn comes. */
  #take(): void {
    const { exchange } = this.#core;
    const records = new RecordReader(this.#withValues ? exchange.readBytes() : exchange.answered());
    this.#keys = records.keys();
    this.#values = this.#withValues ? records : undefined;
    this.#at = 0;
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
