/**
 * What merging and comparing stores takes and gives.
 *
 * @module
 */

import type { SetOptions } from "./options.js";
import type { StoreReader } from "./reading.js";
import type { DeepReadonly, Value } from "./values.js";

/** A key that has something else on either side; with a base, a key that both sides changed. */
export interface MergeConflict {
  /** The key, relative to the view that is merged into. */
  readonly key: string;
  /** The value here, `undefined` where there is none. */
  readonly ours: DeepReadonly<Value> | undefined;
  /** The value on the other side, `undefined` where it was deleted since the base. */
  readonly incoming: DeepReadonly<Value> | undefined;
  /** The value in the base, `undefined` without one. */
  readonly base: DeepReadonly<Value> | undefined;
}

/** What happens to a conflict: this side stays, the other wins, or a value takes the place of both (by the options of a `set`). */
export type MergeResolution =
  | "skip"
  | "overwrite"
  | ({
      /** The value from now on. */
      readonly value: Value | object;
    } & SetOptions);

/**
 * How conflicts are resolved: `skip` keeps this side, `overwrite` lets the other win (tags are united, its properties and description win where
 * it has them), `error` refuses the merge, and a function decides for each. It must not change the store.
 */
export type MergeStrategy = "skip" | "overwrite" | "error" | ((conflict: MergeConflict) => MergeResolution);

/** What a merge did; keys in code-point order. */
export interface MergeResult {
  /** Keys that were not here. */
  readonly added: readonly string[];
  /** Keys that were here and were changed. */
  readonly overwritten: readonly string[];
  /** Keys of the other side that changed nothing here, since a conflict was skipped or both sides were the same. */
  readonly skipped: readonly string[];
  /** Keys that were deleted here, since the other side deleted them after the base; always empty without a base. */
  readonly deleted: readonly string[];
  /** Keys that were on both sides; with a base, that both had changed. */
  readonly collisions: readonly string[];
}

/** How another store differs; keys in code-point order. */
export interface Difference {
  /** Only the other has these. */
  readonly added: readonly string[];
  /** The other has them not. */
  readonly removed: readonly string[];
  /** Value, metadata or deadline differ. */
  readonly changed: readonly string[];
}

/** Options of a merge. */
export interface MergeOptions {
  /** How conflicts are resolved. */
  readonly strategy: MergeStrategy;
  /** What both sides began from: only what the other side changed since then comes in, deletions too. */
  readonly base?: StoreReader | undefined;
}
