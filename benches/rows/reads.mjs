/**
 * Reading: hot, through scopes, and of objects.
 *
 * @module
 */
import { TTLCache } from "@isaacs/ttlcache";
import { createCache } from "cache-manager";
import { createStore } from "holdall";
import Keyv from "keyv";
import { LRUCache } from "lru-cache";
import NodeCache from "node-cache";
import QuickLRU from "quick-lru";
import { createStore as createTinyStore } from "tinybase";
import { createStorage } from "unstorage";
import { consume, makeKeys, makeSequence, shuffle, smallAt, ttl, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/group.mjs").Comparison} Comparison */
/** @typedef {import("../lib/group.mjs").Scale} Scale */

/**
 * @param {number} entries
 * @param {readonly Comparison[]} comparisons
 * @returns {Group}
 */
function hot(entries, comparisons) {
  return {
    name: `get, hot, ${entries.toLocaleString("en")} entries`,
    does: "reads every entry in random order, again and again, and takes the length of each string",
    unit: "ns",
    comparisons,
    async measure(scale) {
      const keys = makeKeys(scale.size(entries));
      const max = keys.length;
      const store = createStore();
      const map = new Map();
      const lru = new LRUCache({ max, ttl });
      const quick = new QuickLRU({ maxSize: max });
      const ttlCache = new TTLCache({ max, ttl });
      for (const [index, key] of keys.entries()) {
        for (const cache of [store, map, lru, quick, ttlCache]) cache.set(key, valueAt(index));
      }
      const sequence = makeSequence(keys, scale.size(Math.max(entries, 50_000)));
      const samples = await interleave(
        {
          [holdall]: {
            run() {
              let sum = 0;
              for (const key of sequence) sum += /** @type {string} */ (store.get(key)).length;
              consume(sum);
            },
          },
          Map: {
            run() {
              let sum = 0;
              for (const key of sequence) sum += map.get(key).length;
              consume(sum);
            },
          },
          "lru-cache with ttl": {
            run() {
              let sum = 0;
              for (const key of sequence) sum += /** @type {string} */ (lru.get(key)).length;
              consume(sum);
            },
          },
          "quick-lru": {
            run() {
              let sum = 0;
              for (const key of sequence) sum += /** @type {string} */ (quick.get(key)).length;
              consume(sum);
            },
          },
          "@isaacs/ttlcache": {
            run() {
              let sum = 0;
              for (const key of sequence) sum += /** @type {string} */ (ttlCache.get(key)).length;
              consume(sum);
            },
          },
        },
        { count: sequence.length, rounds: scale.rounds(25) },
      );
      store.dispose();
      ttlCache.cancelTimer();
      return { samples };
    },
  };
}

/** @type {Group} */
const scoped = {
  name: "scoped get, 10 scopes of 100 entries",
  does: "reads by the short key in one of ten scopes; rivals join the scope's prefix and the key",
  unit: "ns",
  comparisons: [{ against: "prefix concat + lru-cache", atMost: 0.35 }, { against: "prefix concat + Map" }],
  async measure(scale) {
    const names = Array.from({ length: 10 }, (_, index) => `tenant${index}`);
    const keys = makeKeys(100);
    const store = createStore();
    const scopes = names.map((name) => store.scope(name));
    const lru = new LRUCache({ max: 1_000 });
    const map = new Map();
    for (const [at, name] of names.entries()) {
      for (const [index, key] of keys.entries()) {
        scopes[at]?.set(key, valueAt(index));
        lru.set(`${name}:${key}`, valueAt(index));
        map.set(`${name}:${key}`, valueAt(index));
      }
    }
    const calls = shuffle(names.flatMap((name, at) => keys.map((key) => ({ scope: /** @type {typeof store} */ (scopes[at]), name, key }))));
    const times = scale.size(50_000) / calls.length;
    const samples = await interleave(
      {
        [holdall]: {
          run() {
            let sum = 0;
            for (let time = 0; time < times; time++) {
              for (const { scope, key } of calls) sum += /** @type {string} */ (scope.get(key)).length;
            }
            consume(sum);
          },
        },
        "prefix concat + lru-cache": {
          run() {
            let sum = 0;
            for (let time = 0; time < times; time++) {
              for (const { name, key } of calls) sum += /** @type {string} */ (lru.get(`${name}:${key}`)).length;
            }
            consume(sum);
          },
        },
        "prefix concat + Map": {
          run() {
            let sum = 0;
            for (let time = 0; time < times; time++) {
              for (const { name, key } of calls) sum += map.get(`${name}:${key}`).length;
            }
            consume(sum);
          },
        },
      },
      { count: times * calls.length, rounds: scale.rounds(25) },
    );
    store.dispose();
    return { samples };
  },
};

/** @type {Group} */
const objects = {
  name: "get of a small object, 1,000 entries",
  does: "reads an object of five fields and takes a number of it; promises are awaited",
  unit: "ns",
  comparisons: [
    { against: "node-cache as it comes (clones)", atMost: 0.1 },
    { against: "keyv", atMost: 0.05 },
    { against: "cache-manager" },
    { against: "unstorage" },
    { against: "tinybase (a row)" },
  ],
  async measure(scale) {
    const keys = makeKeys(scale.size(1_000));
    const store = createStore();
    const nodeCache = new NodeCache();
    const keyv = new Keyv();
    const cacheManager = createCache();
    const storage = createStorage();
    const tiny = createTinyStore();
    for (const [index, key] of keys.entries()) {
      const value = smallAt(index);
      store.set(key, value);
      nodeCache.set(key, value);
      await keyv.set(key, value);
      await cacheManager.set(key, value);
      await storage.setItem(key, value);
      tiny.setRow("table", key, { ...value, tags: value.tags.join(" ") });
    }
    /** @typedef {import("../lib/data.mjs").Small} Small */
    const sequence = makeSequence(keys, scale.size(50_000));
    const fewer = sequence.slice(0, scale.size(5_000));
    const count = fewer.length;
    const samples = await interleave(
      {
        [holdall]: {
          count: sequence.length,
          run() {
            let sum = 0;
            for (const key of sequence) sum += /** @type {Small} */ (store.get(key)).count;
            consume(sum);
          },
        },
        "node-cache as it comes (clones)": {
          run() {
            let sum = 0;
            for (const key of fewer) sum += /** @type {Small} */ (nodeCache.get(key)).count;
            consume(sum);
          },
        },
        keyv: {
          async: true,
          async run() {
            let sum = 0;
            for (const key of fewer) sum += /** @type {Small} */ (await keyv.get(key)).count;
            consume(sum);
          },
        },
        "cache-manager": {
          async: true,
          async run() {
            let sum = 0;
            for (const key of fewer) sum += /** @type {Small} */ (await cacheManager.get(key)).count;
            consume(sum);
          },
        },
        unstorage: {
          async: true,
          async run() {
            let sum = 0;
            for (const key of fewer) sum += /** @type {Small} */ (await storage.getItem(key)).count;
            consume(sum);
          },
        },
        "tinybase (a row)": {
          run() {
            let sum = 0;
            for (const key of fewer) sum += /** @type {number} */ (tiny.getRow("table", key).count);
            consume(sum);
          },
        },
      },
      { count, rounds: scale.rounds(21) },
    );
    store.dispose();
    nodeCache.close();
    return { samples };
  },
};

const others = [{ against: "quick-lru" }, { against: "@isaacs/ttlcache" }];

/** @type {readonly Group[]} */
export const reads = [
  hot(1_000, [{ against: "Map", atMost: 1.5 }, { against: "lru-cache with ttl", atMost: 0.8 }, ...others]),
  hot(100_000, [{ against: "Map", atMost: 1.5 }, { against: "lru-cache with ttl", atMost: 0.8 }, ...others]),
  scoped,
  objects,
];
