/**
 * What a replica is held to whose store is no longer the one that it has opened: lost, replaced or removed.
 *
 * @module
 */

import type { CommitAnswer } from "../../../backends/backend.js";
import { holds, same } from "../asserting.js";
import { type CommitOptions, put, type Trial } from "./trial.js";

/** Holds a replica to taking no part in another store under the name of its own before it has loaded that. */
export async function requireReplaced(trial: Trial, replace: () => Promise<void>): Promise<void> {
  const one = await trial.open();
  const { number } = await one.committed([put("a", "1")]);
  const log = one.follow(number);
  await log.reaches(number);
  const { id } = one.store.header;
  await replace();
  const sent: readonly CommitOptions[] = [
    {},
    { conditions: [{ key: "a", version: number }] },
    { conditions: [{ key: "missing", version: 0 }] },
    { isRetry: true },
  ];
  for (const options of sent) {
    const fate = await fateOf(one.commit([put("late", "1")], options));
    holds(["UNAVAILABLE", "refused", "conflict"].includes(fate), `a commit to the former store is not applied, but ${fate}`);
  }
  log.following.nudge();
  await log.until(({ hasGap }) => hasGap, "a gap is told");
  const other = await trial.open();
  same((await other.texts()).late, undefined, "what the other store has of it");
  await one.store.load();
  same([one.store.header.id === id, one.store.header.id], [false, other.store.header.id], "the id of what is loaded then");
  await one.committed([put("late", "2")]);
  same((await other.texts()).late, "2", "what the other store has of a commit after that");
}

/** What became of a commit that must not be applied: a code, or the type of an answer. */
async function fateOf(answer: Promise<CommitAnswer>): Promise<string> {
  return answer.then(
    ({ type }) => type,
    (error: { readonly code?: string }) => String(error.code),
  );
}
