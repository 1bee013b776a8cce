/**
 * The log of a store: how far it reaches back, and what is written when it becomes a commit longer.
 *
 * @module
 */

import type { LogBounds, LoggedCommit } from "../backend.js";
import type { HeadRecord } from "./records.js";
import { ask, type Procedure, type Writes } from "./shelf.js";
import type { Totals } from "./staged.js";

/** How many commits of the log are looked at in one go. */
export const logStep = 256;

/** What a commit makes of a store. */
export interface Made {
  /** The store's id. */
  readonly store: string;
  /** The head before it. */
  readonly head: HeadRecord;
  /** What the totals become. */
  readonly totals: Totals;
  /** The records that change. */
  readonly entries: Writes["entries"];
}

/** What is written for a commit, but for what its replica was answered. */
export function* logCommit(logged: LoggedCommit, { store, head, totals, entries }: Made, bounds: LogBounds): Procedure<Writes> {
  const { number, time, operations } = logged;
  const log = yield* trim({ ...head, number, logBytes: head.logBytes + operations.length }, bounds);
  return {
    head: { ...totals, number, time, ...log },
    entries,
    logged,
    store,
    ...(log.logFirst > head.logFirst && { trimmed: [head.logFirst, log.logFirst] as const }),
  };
}

/** Where the log begins from now on, a commit longer as it is. Most commits drop one for the one they add; some have more to make up for. */
function* trim(head: HeadRecord, bounds: LogBounds): Procedure<Pick<HeadRecord, "logFirst" | "logBytes">> {
  let { logFirst, logBytes } = head;
  const isBeyond = () => logFirst < head.number && (head.number - logFirst >= bounds.commits || logBytes > bounds.bytes);
  for (let step = 2; isBeyond(); step = Math.min(step * 2, logStep)) {
    const [after, limit] = [logFirst - 1, step];
    for (const { number, operations } of yield* ask((shelf) => shelf.log(after, limit))) {
      if (!isBeyond()) break;
      logFirst = number + 1;
      logBytes -= operations.length;
    }
  }
  return { logFirst, logBytes };
}
