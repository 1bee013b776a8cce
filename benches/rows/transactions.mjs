/**
 * Many writes that commit together.
 *
 * @module
 */
import { createStore } from "holdall";
import { produce } from "immer";
import { createStore as createTinyStore } from "tinybase";
import { consume, makeKeys, makeSequence, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/timing.mjs").Subject} Subject */

const writes = 100;
const batch = "holdall, setMany";

/** @type {Group} */
const hundred = {
  name: "transaction of 100 writes, 1,000 entries",
  does: "a function that overwrites 100 of 1,000 strings, all or nothing; immer makes a new object of 1,000 properties",
  unit: "µs",
  comparisons: [
    { against: "tinybase", atMost: 0.4 },
    { against: "immer", atMost: 0.03 },
    { ours: batch, against: "tinybase" },
    { ours: batch, against: "immer" },
  ],
  async measure(scale) {
    const keys = makeKeys(scale.size(1_000));
    const store = createStore();
    const tiny = createTinyStore();
    /** @type {Record<string, string>} */
    let state = {};
    for (const [index, key] of keys.entries()) {
      store.set(key, valueAt(index));
      tiny.setValue(key, valueAt(index));
      state[key] = valueAt(index);
    }
    const times = scale.quick ? 2 : 100;
    const sequence = makeSequence(keys, times * writes);
    const keyAt = (/** @type {number} */ index) => /** @type {string} */ (sequence[index]);
    /** @type {Record<string, Subject>} */
    const subjects = {
      [holdall]: {
        run() {
          for (let start = 0; start < sequence.length; start += writes) {
            store.transaction((tx) => {
              for (let index = start; index < start + writes; index++) tx.set(keyAt(index), valueAt(index));
            });
          }
        },
      },
      [batch]: {
        run() {
          for (let start = 0; start < sequence.length; start += writes) {
            /** @type {[string, string][]} */
            const pairs = [];
            for (let index = start; index < start + writes; index++) pairs.push([keyAt(index), valueAt(index)]);
            store.setMany(pairs);
          }
        },
      },
      tinybase: {
        run() {
          for (let start = 0; start < sequence.length; start += writes) {
            tiny.transaction(() => {
              for (let index = start; index < start + writes; index++) tiny.setValue(keyAt(index), valueAt(index));
            });
          }
        },
      },
      immer: {
        run() {
          for (let start = 0; start < sequence.length; start += writes) {
            state = produce(state, (draft) => {
              for (let index = start; index < start + writes; index++) draft[keyAt(index)] = valueAt(index);
            });
          }
          consume(Object.keys(state).length);
        },
      },
    };
    const samples = await interleave(subjects, { count: times, rounds: scale.rounds(11) });
    store.dispose();
    return { samples };
  },
};

/** @type {readonly Group[]} */
export const transactions = [hundred];
