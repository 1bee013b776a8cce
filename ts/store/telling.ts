/**
 * What is told of a commit: changes as the listeners of a view see them, by its short keys.
 *
 * @module
 */

import type { RawChange } from "./records.js";
import type { Change, Commit, DeepReadonly, Value } from "./types/index.js";

/** A change as a listener of a scope hears it; the prefix of the scope is `scope`. */
export function changeFor(scope: string, version: number, { type, key, value, previous }: RawChange): Change {
  return { type, key: key.slice(scope.length), value: own(value), previous: own(previous), version, origin: "local" };
}

/** A commit as a listener of a scope hears it. */
export function commitFor(scope: string, version: number, changes: readonly RawChange[]): Commit {
  return { version, origin: "local", changes: changes.map((change) => changeFor(scope, version, change)) };
}

/** What one listener may keep: what cannot be frozen (it holds a `Date` or bytes) is a copy of its own. */
export function own(value: Value | undefined): DeepReadonly<Value> | undefined {
  return Object.isFrozen(value) ? value : structuredClone(value);
}
