/**
 * Snapshots: writing a whole store into bytes, and reading it back.
 *
 * @module
 */
import { deserialize, serialize } from "node:v8";
import { createStore } from "holdall";
import { consume, makeKeys, makeSmall } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/group.mjs").Scale} Scale */

/**
 * A store and a Map with the same small objects.
 *
 * @param {Scale} scale
 */
function filled(scale) {
  const keys = makeKeys(scale.size(100_000));
  const store = createStore();
  const map = new Map();
  for (const [id, key] of keys.entries()) {
    store.set(key, makeSmall(id));
    map.set(key, makeSmall(id));
  }
  return { keys, store, map };
}

/** @type {Group} */
const taking = {
  name: "snapshot of 100,000 small objects",
  does: "makes bytes of the whole; ours are in key order, checksummed and hold metadata and deadlines as well",
  unit: "ms",
  comparisons: [{ against: "v8.serialize", atMost: 0.5 }, { against: "JSON.stringify" }],
  async measure(scale) {
    const { store, map } = filled(scale);
    const samples = await interleave(
      {
        [holdall]: { run: () => consume(store.snapshot().length) },
        "v8.serialize": { run: () => consume(serialize(map).length) },
        "JSON.stringify": { run: () => consume(JSON.stringify([...map]).length) },
      },
      { count: 1, rounds: scale.rounds(11) },
    );
    store.dispose();
    return { samples };
  },
};

/** @type {Group} */
const loading = {
  name: "load of 100,000 small objects",
  does: "makes a new store of a snapshot, in which every entry can be read (decoding comes with the first reads); rivals make a new Map",
  unit: "ms",
  comparisons: [
    { against: "v8.deserialize", atMost: 0.2 },
    { against: "JSON.parse" },
    { ours: "holdall, then every entry read", against: "v8.deserialize" },
  ],
  async measure(scale) {
    const { keys, store, map } = filled(scale);
    const bytes = store.snapshot();
    const serialized = serialize(map);
    const json = JSON.stringify([...map]);
    let loaded = store;
    const load = () => {
      loaded = createStore();
      loaded.restore(bytes);
    };
    const check = () => {
      if (loaded.size !== map.size) throw new Error(`loaded ${loaded.size}`);
      loaded.dispose();
    };
    const samples = await interleave(
      {
        [holdall]: { run: load, after: check },
        "holdall, then every entry read": {
          run() {
            load();
            let sum = 0;
            for (const key of keys) sum += /** @type {import("../lib/data.mjs").Small} */ (loaded.get(key)).count;
            consume(sum);
          },
          after: check,
        },
        "v8.deserialize": { run: () => consume(/** @type {Map<string, unknown>} */ (deserialize(serialized)).size) },
        "JSON.parse": { run: () => consume(new Map(JSON.parse(json)).size) },
      },
      { count: 1, rounds: scale.rounds(11) },
    );
    store.dispose();
    return { samples };
  },
};

/** @type {readonly Group[]} */
export const snapshots = [taking, loading];
