/**
 * The one way in which anything of a run changes: a transaction, so that it is conditional on every backend.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import type { Transaction } from "../store/types/index.js";
import type { RunStore } from "./types/index.js";

/** How often a commit is tried again when others were quicker. */
const commitRetries = 100;

/** Commits what a body writes. */
export type Commit = <R>(body: (transaction: Transaction) => R) => Promise<Awaited<R>>;

/** Commits what a body writes to the store of a run, and to the scope that runs share, where there is one. */
export type SharedCommit = <R>(body: (transaction: Transaction, shared: Transaction | undefined) => R) => Promise<Awaited<R>>;

/** Commits on a store: plain stores answer at once, backed ones later. */
export function committing(store: RunStore): Commit {
  return async <R>(body: (transaction: Transaction) => R): Promise<Awaited<R>> => {
    const result: unknown = await store.transaction(body, { retries: commitRetries });
    return result as Awaited<R>;
  };
}

/** Has the reader of a store show all that was acknowledged before the call. */
export function catchingUp(store: RunStore): () => Promise<void> {
  return async () => {
    await store.sync?.();
  };
}

/** Commits on a store that has both: as one change. */
export function committingBoth(commit: Commit, shared: string | undefined): SharedCommit {
  return (body) => commit((transaction) => body(transaction, shared === undefined ? undefined : transaction.scope(shared)));
}

/**
 * Commits on a run's own store, and before it on the one that has the shared scope. What was shared stays when the run's commit does not come about: the node
 * runs again then, and shares again.
 */
export function committingApart(own: Commit, sharing: RunStore, shared: string | undefined): SharedCommit {
  if (shared === undefined) return (body) => own((transaction) => body(transaction, undefined));
  return async <R>(body: (transaction: Transaction, shared: Transaction | undefined) => R): Promise<Awaited<R>> => {
    for (let tries = 0; ; tries += 1) {
      let isOfBody = false;
      try {
        const result: unknown = await own((transaction) =>
          // When what was read there has changed, what the body staged for the run does not count either.
          sharing.transaction(
            async (whole) => {
              try {
                return await body(transaction, whole.scope(shared));
              } catch (error) {
                isOfBody = true;
                throw error;
              }
            },
            { retries: 0 },
          ),
        );
        return result as Awaited<R>;
      } catch (error) {
        if (isOfBody || tries >= commitRetries || !(error instanceof HoldallError && error.code === "CONFLICT")) throw error;
      }
    }
  };
}
