/**
 * Clones: what one costs with its first writes, and the longest that a writer waits beside one.
 *
 * @module
 */
import { createStore } from "holdall";
import { Map as ImmutableMap } from "immutable";
import { consume, makeKeys, random, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { collectAll, interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */

/** @param {readonly string[]} keys */
const drawn = (keys) => /** @type {string} */ (keys[Math.floor(random() * keys.length)]);

/** @type {Group} */
const clone = {
  name: "clone of 100,000 entries, then 10 writes",
  does: "copies the whole and overwrites ten entries of the copy, which is let go of (ours is disposed)",
  unit: "µs",
  comparisons: [
    { against: "new Map(map)", atMost: 0.005 },
    { against: "structuredClone", atMost: 0.002 },
    { against: "immutable (10 writes only)" },
  ],
  async measure(scale) {
    const keys = makeKeys(scale.size(100_000));
    const store = createStore();
    const map = new Map();
    for (const [index, key] of keys.entries()) {
      store.set(key, valueAt(index));
      map.set(key, valueAt(index));
    }
    const immutable = ImmutableMap(map);
    const clones = scale.quick ? 2 : 100;
    const samples = await interleave(
      {
        [holdall]: {
          count: clones,
          run() {
            for (let time = 0; time < clones; time++) {
              const copy = store.clone();
              for (let write = 0; write < 10; write++) copy.set(drawn(keys), "changed in a copy");
              copy.dispose();
            }
          },
        },
        "new Map(map)": {
          run() {
            const copy = new Map(map);
            for (let write = 0; write < 10; write++) copy.set(drawn(keys), "changed in a copy");
            consume(copy.size);
          },
        },
        structuredClone: {
          run() {
            const copy = structuredClone(map);
            for (let write = 0; write < 10; write++) copy.set(drawn(keys), "changed in a copy");
            consume(copy.size);
          },
        },
        "immutable (10 writes only)": {
          count: clones,
          run() {
            for (let time = 0; time < clones; time++) {
              let copy = immutable;
              for (let write = 0; write < 10; write++) copy = copy.set(drawn(keys), "changed in a copy");
              consume(copy.size);
            }
          },
        },
      },
      { count: 1, rounds: scale.rounds(11) },
    );
    store.dispose();
    return { samples };
  },
};

/**
 * The longest of so many writes to entries drawn at random, in nanoseconds.
 *
 * @param {readonly string[]} keys
 * @param {(key: string, value: string) => unknown} set
 */
function longest(keys, set) {
  let worst = 0;
  for (let time = 0; time < keys.length; time++) {
    const key = drawn(keys);
    const start = performance.now();
    set(key, "changed beside a clone");
    worst = Math.max(worst, performance.now() - start);
  }
  return worst * 1e6;
}

/** @type {Group} */
const worstWrite = {
  name: "worst single write while a clone of 1,000,000 entries lives",
  does: "overwrites entries at random, a million times, each timed alone; the longest counts. The Map, which has no clone, shows what the machine adds",
  unit: "ms",
  comparisons: [{ atMost: 10 }, { against: "Map without a clone" }],
  async measure(scale) {
    const keys = makeKeys(scale.size(1_000_000));
    const store = createStore();
    const map = new Map();
    for (const [index, key] of keys.entries()) {
      store.set(key, valueAt(index));
      map.set(key, valueAt(index));
    }
    /** @type {number[]} */
    const ours = [];
    /** @type {number[]} */
    const theirs = [];
    for (let round = 0; round < scale.rounds(5); round++) {
      collectAll();
      const copy = store.clone();
      ours.push(longest(keys, (key, value) => store.set(key, value)));
      copy.dispose();
      collectAll();
      theirs.push(longest(keys, (key, value) => map.set(key, value)));
    }
    store.dispose();
    return {
      samples: new Map([
        [holdall, ours],
        ["Map without a clone", theirs],
      ]),
    };
  },
};

/** @type {readonly Group[]} */
export const clones = [clone, worstWrite];
