/**
 * How cost grows: what each operation costs at a thousand entries, and at up to a million.
 *
 * @module
 */
import { createStore } from "holdall";
import { makeSequence, shuffle, ttl, valueAt } from "./lib/data.mjs";
import { median } from "./lib/statistics.mjs";
import { interleave } from "./lib/timing.mjs";
import { operations } from "./operations/index.mjs";
import { keyOf, perScope } from "./operations/stand.mjs";

/** @typedef {import("./lib/group.mjs").Scale} Scale */
/** @typedef {import("./operations/stand.mjs").Operation} Operation */
/** @typedef {import("./operations/stand.mjs").Stand} Stand */
/** @typedef {import("./lib/timing.mjs").Subject} Subject */

/** @typedef {{ name: string, does: string, nanoseconds: readonly number[] }} Growth */

/** @param {Scale} scale */
export const growthSizes = (scale) => (scale.quick ? [200, 1_000] : [1_000, 10_000, 100_000, 1_000_000]);

/**
 * A filled store.
 *
 * @param {number} size
 * @param {Operation["on"]} on
 * @param {number} batch
 * @returns {Stand}
 */
function makeStand(size, on, batch) {
  const store = createStore();
  const order = shuffle(Array.from({ length: size }, (_, index) => index));
  for (const index of order) {
    // Every tag is on a hundred entries, none of which are neighbours.
    if (on === "with tags") store.set(keyOf(index), valueAt(index), { tags: [`tag${index % (size / perScope)}`] });
    else if (on === "with ttl") store.set(keyOf(index), valueAt(index), { ttl });
    else store.set(keyOf(index), valueAt(index));
  }
  const keys = order.map(keyOf);
  const sequence = makeSequence(keys, Math.max(size, batch));
  const parts = Array.from({ length: Math.floor(sequence.length / batch) }, (_, part) => sequence.slice(part * batch, (part + 1) * batch));
  return { store, size, parts, few: makeSequence(keys.slice(0, 1_000), batch) };
}

/**
 * Measures the operations that are wanted, at all sizes in turns; in the order of the operations.
 *
 * @param {Scale} scale
 * @param {(name: string) => boolean} wants
 * @param {(name: string) => void} tell
 * @returns {Promise<Growth[]>}
 */
export async function measureGrowth(scale, wants, tell) {
  const batch = scale.size(100_000);
  /** @type {Map<string, Growth>} */
  const grown = new Map();
  for (const on of /** @type {const} */ (["plain", "with ttl", "with tags"])) {
    const wanted = operations.filter((operation) => operation.on === on && wants(operation.name));
    if (wanted.length === 0) continue;
    const stands = growthSizes(scale).map((size) => makeStand(size, on, batch));
    for (const { name, does, subject } of wanted) {
      tell(name);
      /** @type {Record<string, Subject>} */
      const subjects = {};
      for (const one of stands) {
        subjects[`at ${one.size}`] = subject(one, scale.quick ? 5 : 200);
      }
      const samples = await interleave(subjects, { count: batch, rounds: scale.rounds(9) });
      grown.set(name, { name, does, nanoseconds: [...samples.values()].map(median) });
    }
    for (const { store } of stands) store.dispose();
  }
  return operations.flatMap(({ name }) => grown.get(name) ?? []);
}
