/**
 * The one way in which anything of a run changes: a transaction, so that it is conditional on every backend.
 *
 * @module
 */
import type { Transaction } from "../store/types/index.js";
import type { RunStore } from "./types/index.js";

/** How often a commit is tried again when others were quicker. */
const commitRetries = 100;

/** Commits what a body writes. */
export type Commit = <R>(body: (transaction: Transaction) => R) => Promise<Awaited<R>>;

/** Commits on a store: plain stores answer at once, backed ones later. */
export function committing(store: RunStore): Commit {
  return async <R>(body: (transaction: Transaction) => R): Promise<Awaited<R>> => {
    const result: unknown = await store.transaction(body, { retries: commitRetries });
    return result as Awaited<R>;
  };
}
