/**
 * Merging one store into another.
 *
 * @module
 */
import { createStore } from "holdall";
import { Map as ImmutableMap } from "immutable";
import { consume, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */

const intoClone = "holdall, into a clone";

/** @type {Group} */
const overwriting = {
  name: "merge 10,000 entries into 100,000, each",
  does: "half of the incoming entries collide, and win; ours changes the store, immutable gives a new map beside the old, as does a merge into a clone",
  unit: "ns",
  comparisons: [
    { against: "immutable merge", atMost: 0.8 },
    { ours: intoClone, against: "immutable merge" },
    { against: "Map, entry by entry" },
  ],
  async measure(scale) {
    const size = scale.size(100_000);
    const incoming = size / 10;
    /** @type {[string, string][]} */
    const present = Array.from({ length: size }, (_, index) => [`key:${index}`, valueAt(index)]);
    /** @type {[string, string][]} */
    const coming = Array.from({ length: incoming }, (_, index) => [`key:${size - incoming / 2 + index}`, valueAt(index + 1)]);
    const store = createStore();
    const other = createStore();
    store.setMany(present);
    other.setMany(coming);
    const immutable = ImmutableMap(present);
    const immutableOther = ImmutableMap(coming);
    let merged = store;
    let map = new Map(present);
    const merge = () => merged.merge(other, "overwrite");
    const check = () => {
      if (merged.size !== size + incoming / 2) throw new Error(`merged into ${merged.size}`);
      merged.dispose();
    };
    const samples = await interleave(
      {
        [holdall]: {
          before() {
            merged = createStore();
            merged.setMany(present);
          },
          run: merge,
          after: check,
        },
        [intoClone]: {
          run() {
            merged = store.clone();
            merge();
          },
          after: check,
        },
        "immutable merge": { run: () => consume(immutable.merge(immutableOther).size) },
        "Map, entry by entry": {
          before() {
            map = new Map(present);
          },
          run() {
            for (const [key, value] of coming) map.set(key, value);
          },
        },
      },
      { count: incoming, rounds: scale.rounds(11) },
    );
    for (const one of [store, other]) one.dispose();
    return { samples };
  },
};

/** @type {readonly Group[]} */
export const merge = [overwriting];
