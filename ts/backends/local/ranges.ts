/**
 * Whether a commit of the log falls into a range that a later commit has read.
 *
 * @module
 */

import { type LoggedCommit, nobody, type RangeCondition } from "../backend.js";
import { decodeOperations } from "../operations.js";
import { compareTexts } from "./texts.js";

/** The first key, where one is known, of the first range that a commit touches. */
export function firstTouched(
  commits: readonly LoggedCommit[],
  ranges: readonly RangeCondition[],
  replica: string,
): { readonly key: string | undefined } | undefined {
  for (const commit of commits) {
    // What had expired was missing already: an entry that was read before has a condition of its own.
    if (commit.replica === nobody) continue;
    // Ranges are few and commits may be large: decoded once for all of them, and not at all where no range asks.
    const asking = ranges.filter(({ since, own }) => commit.number > since && !(commit.replica === replica && commit.counter <= own));
    if (asking.length === 0) continue;
    for (const operation of decodeOperations(commit.operations)) {
      for (const range of asking) {
        if (operation.type === "clear" ? overlaps(operation.prefix, range) : holds(range, operation.key)) {
          return { key: operation.type === "clear" ? undefined : operation.key };
        }
      }
    }
  }
  return undefined;
}

/** Whether a key lies in a range. */
function holds({ prefix, after, reverse }: RangeCondition, key: string): boolean {
  if (!key.startsWith(prefix)) return false;
  if (after === undefined) return true;
  return reverse ? compareTexts(key, after) < 0 : compareTexts(key, after) > 0;
}

/** Whether some keys could begin with both prefixes; where in the range they would lie is not looked at. */
function overlaps(prefix: string, range: RangeCondition): boolean {
  return prefix.startsWith(range.prefix) || range.prefix.startsWith(prefix);
}
