/**
 * Finding some entries among many: those of a scope, those with a tag.
 *
 * @module
 */
import { createStore } from "holdall";
import { consume, random, shuffle, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */

/** @type {Group} */
const scope = {
  name: "list the 100 keys of one scope among 1,000,000 entries",
  does: "collects the short keys of a scope drawn at random; the Map is scanned for the prefix. Ours come in order, the Map's do not",
  unit: "µs",
  comparisons: [{ against: "Map scan", atMost: 0.0005 }],
  async measure(scale) {
    const scopes = scale.size(1_000_000) / 100;
    const store = createStore();
    const map = new Map();
    for (const index of shuffle(Array.from({ length: scopes * 100 }, (_, at) => at))) {
      const key = `tenant${Math.floor(index / 100)}:key:${index % 100}`;
      store.set(key, valueAt(index));
      map.set(key, valueAt(index));
    }
    const drawn = () => `tenant${Math.floor(random() * scopes)}`;
    const listings = scale.quick ? 10 : 1_000;
    const check = (/** @type {number} */ length) => {
      if (length !== 100) throw new Error(`listed ${length}`);
    };
    const samples = await interleave(
      {
        [holdall]: {
          count: listings,
          run() {
            for (let time = 0; time < listings; time++) check([...store.scope(drawn()).keys()].length);
          },
        },
        "Map scan": {
          run() {
            const prefix = `${drawn()}:`;
            const found = [];
            for (const key of map.keys()) if (key.startsWith(prefix)) found.push(key.slice(prefix.length));
            check(found.length);
          },
        },
      },
      { count: 1, rounds: scale.rounds(9) },
    );
    store.dispose();
    return { samples };
  },
};

/** @type {Group} */
const tag = {
  name: "find 1,000 of 100,000 entries by tag",
  does: "collects the keys of the entries with one of a hundred tags; the Map, of values with sets of tags, is scanned",
  unit: "µs",
  comparisons: [{ against: "scan of a Map", atMost: 0.02 }],
  async measure(scale) {
    const size = scale.size(100_000);
    const store = createStore();
    const map = new Map();
    for (const index of shuffle(Array.from({ length: size }, (_, at) => at))) {
      const tags = [`tag${index % 100}`, "every"];
      store.set(`key:${index}`, valueAt(index), { tags });
      map.set(`key:${index}`, { value: valueAt(index), tags: new Set(tags) });
    }
    const drawn = () => `tag${Math.floor(random() * 100)}`;
    const finds = scale.quick ? 2 : 50;
    const samples = await interleave(
      {
        [holdall]: {
          count: finds,
          run() {
            for (let time = 0; time < finds; time++) consume([...store.find({ allTags: [drawn()] })].length);
          },
        },
        "scan of a Map": {
          run() {
            const wanted = drawn();
            const found = [];
            for (const [key, { tags }] of map) if (tags.has(wanted)) found.push(key);
            consume(found.length);
          },
        },
      },
      { count: 1, rounds: scale.rounds(15) },
    );
    store.dispose();
    return { samples };
  },
};

/** @type {readonly Group[]} */
export const listing = [scope, tag];
