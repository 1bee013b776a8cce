/**
 * What the tests of merging share.
 *
 * @module
 */
import { createStore, type MergeStrategy, type Value } from "../../ts/index.js";
import { timedStore } from "./support.js";

/** The result of a merge of nothing. */
export const nothing = { added: [], overwritten: [], skipped: [], deleted: [], collisions: [] };

/** Every strategy. */
export const strategies: readonly MergeStrategy[] = ["skip", "overwrite", "error", () => "overwrite", () => "skip"];

/** Stores of the same clock. */
export function stores(ours: Record<string, Value>, theirs: Record<string, Value>) {
  const timed = timedStore();
  timed.store.setMany(Object.entries(ours));
  const other = createStore({ clock: timed.clock });
  other.setMany(Object.entries(theirs));
  return { ...timed, other };
}

/** A base, and two stores that began from it. */
export function branches(values: Record<string, Value>) {
  const { store, clock } = timedStore();
  store.setMany(Object.entries(values));
  return { store, clock, base: store.clone(), other: store.clone() };
}
