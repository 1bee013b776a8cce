/**
 * What one writer tells of a run: what it did and was answered, and what it heard.
 *
 * What keys mean is in their first part: `plain:` is written by anybody, `passing:` expires, `count:` is written by increments only and `cell:` by
 * `compareAndSet` only, from nothing on; the members of a `group:` are always written together, with one stamp; `balance:` are moved between by transactions.
 *
 * @module
 */

/** A commit that the backend has confirmed, as a feed told it. */
export interface ToldCommit {
  readonly version: number;
  readonly changes: readonly ToldChange[];
}

/** What a commit did to a key; no value where it was removed. */
export interface ToldChange {
  readonly key: string;
  readonly value?: unknown;
}

/** An increment that was acknowledged. */
export interface Increment {
  readonly key: string;
  readonly by: number;
  readonly sum: number;
}

/** A `compareAndSet` that was acknowledged: the version that it found, and the one that it made. */
export interface Swap {
  readonly key: string;
  readonly expected: number;
  readonly version: number;
}

/** An entry at the end. */
export interface FinalEntry {
  readonly key: string;
  readonly value: unknown;
  readonly version: number;
}

/** What one writer tells. */
export interface Account {
  readonly writer: string;
  /** All commits from some number on. */
  readonly commits: readonly ToldCommit[];
  /** The versions of changes that listeners heard, where they had one of the backend's. */
  readonly heard: readonly { readonly key: string; readonly version: number }[];
  readonly increments: readonly Increment[];
  readonly swaps: readonly Swap[];
  /** The sum of all balances whenever a commit was heard that moved something. */
  readonly sums: readonly number[];
  /** What is there at the end, when nobody writes any more and nothing expires. */
  readonly contents: readonly FinalEntry[];
}

/** Names the members of a group. */
export const members = ["first", "second", "third"] as const;

/** The accounts that are moved between. */
export const balances = ["balance:a", "balance:b", "balance:c"] as const;

/** What all balances are together, always. */
export const total = 300;
