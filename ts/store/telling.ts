/**
 * What is told of a commit: changes as the listeners of a view see them, by its short keys.
 *
 * @module
 */

import type { RawChange, RawCommit } from "./records.js";
import type { Change, Commit, DeepReadonly, Value } from "./types/index.js";

/** A change as a listener of a scope hears it; the prefix of the scope is `scope`. */
export function changeFor(scope: string, { version, origin }: RawCommit, { type, key, value, previous }: RawChange): Change {
  return { type, key: key.slice(scope.length), value: own(value), previous: own(previous), version, origin };
}

/** A commit as a listener of a scope hears it. */
export function commitFor(scope: string, commit: RawCommit, changes: readonly RawChange[]): Commit {
  const { version, origin } = commit;
  return { version, origin, changes: changes.map((change) => changeFor(scope, commit, change)) };
}

/** What one listener may keep: what cannot be frozen (it holds a `Date` or bytes) is a copy of its own. */
export function own(value: Value | undefined): DeepReadonly<Value> | undefined {
  return Object.isFrozen(value) ? value : structuredClone(value);
}
