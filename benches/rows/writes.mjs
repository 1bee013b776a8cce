/**
 * Writing without options: overwrites of strings, and of objects that must not be shared.
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
import { makeKeys, makeSequence, smallAt, ttl, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */

/**
 * Overwrites beside those that are as quick as a Map, nearly.
 *
 * @param {number} entries
 * @param {number} atMost
 * @param {number} rounds
 * @returns {Group}
 */
function overwrite(entries, atMost, rounds) {
  return {
    name: `overwrite, ${entries.toLocaleString("en")} entries`,
    does: "sets a string of 16 bytes under every key in random order, again and again",
    unit: "ns",
    comparisons: [{ against: "lru-cache with ttl", atMost }, { against: "Map" }, { against: "quick-lru" }],
    async measure(scale) {
      const keys = makeKeys(scale.size(entries));
      const max = keys.length;
      const store = createStore();
      const lru = new LRUCache({ max, ttl });
      const map = new Map();
      const quick = new QuickLRU({ maxSize: max });
      const sequence = makeSequence(keys, scale.size(Math.max(entries, 50_000)));
      const samples = await interleave(
        {
          [holdall]: {
            run() {
              for (let index = 0; index < sequence.length; index++) store.set(/** @type {string} */ (sequence[index]), valueAt(index));
            },
          },
          "lru-cache with ttl": {
            run() {
              for (let index = 0; index < sequence.length; index++) lru.set(/** @type {string} */ (sequence[index]), valueAt(index));
            },
          },
          Map: {
            run() {
              for (let index = 0; index < sequence.length; index++) map.set(/** @type {string} */ (sequence[index]), valueAt(index));
            },
          },
          "quick-lru": {
            run() {
              for (let index = 0; index < sequence.length; index++) quick.set(/** @type {string} */ (sequence[index]), valueAt(index));
            },
          },
        },
        { count: sequence.length, rounds: scale.rounds(rounds) },
      );
      store.dispose();
      return { samples };
    },
  };
}

/** @type {Group} */
const beside = {
  name: "overwrite, 1,000 entries, beside larger libraries",
  does: "the same; promises are awaited, tinybase sets a value of its store",
  unit: "ns",
  comparisons: [
    { against: "tinybase", atMost: 0.1 },
    { against: "keyv", atMost: 0.3 },
    { against: "@isaacs/ttlcache", atMost: 0.15 },
    { against: "node-cache without clones" },
    { against: "cache-manager" },
    { against: "unstorage" },
  ],
  async measure(scale) {
    const keys = makeKeys(scale.size(1_000));
    const store = createStore();
    const tiny = createTinyStore();
    const keyv = new Keyv();
    const ttlCache = new TTLCache({ max: keys.length, ttl });
    const nodeCache = new NodeCache({ useClones: false });
    const cacheManager = createCache();
    const storage = createStorage();
    const sequence = makeSequence(keys, scale.size(20_000));
    const fewer = sequence.slice(0, scale.size(5_000));
    const samples = await interleave(
      {
        [holdall]: {
          count: sequence.length,
          run() {
            for (let index = 0; index < sequence.length; index++) store.set(/** @type {string} */ (sequence[index]), valueAt(index));
          },
        },
        tinybase: {
          run() {
            for (let index = 0; index < fewer.length; index++) tiny.setValue(/** @type {string} */ (fewer[index]), valueAt(index));
          },
        },
        keyv: {
          async: true,
          async run() {
            for (let index = 0; index < fewer.length; index++) await keyv.set(/** @type {string} */ (fewer[index]), valueAt(index));
          },
        },
        "@isaacs/ttlcache": {
          run() {
            for (let index = 0; index < fewer.length; index++) ttlCache.set(/** @type {string} */ (fewer[index]), valueAt(index));
          },
        },
        "node-cache without clones": {
          run() {
            for (let index = 0; index < fewer.length; index++) nodeCache.set(/** @type {string} */ (fewer[index]), valueAt(index));
          },
        },
        "cache-manager": {
          async: true,
          async run() {
            for (let index = 0; index < fewer.length; index++) await cacheManager.set(/** @type {string} */ (fewer[index]), valueAt(index));
          },
        },
        unstorage: {
          async: true,
          async run() {
            for (let index = 0; index < fewer.length; index++) await storage.setItem(/** @type {string} */ (fewer[index]), valueAt(index));
          },
        },
      },
      { count: fewer.length, rounds: scale.rounds(21) },
    );
    store.dispose();
    ttlCache.cancelTimer();
    nodeCache.close();
    return { samples };
  },
};

/** @type {Group} */
const isolated = {
  name: "overwrite, small object, isolated, 1,000 entries",
  does: "sets an object of five fields so that changing it later does not change what is stored",
  unit: "ns",
  comparisons: [
    { against: "Map + structuredClone", atMost: 0.7 },
    { against: "node-cache as it comes (clones)", atMost: 0.7 },
    { against: "Map + JSON.parse(JSON.stringify)" },
  ],
  async measure(scale) {
    const keys = makeKeys(scale.size(1_000));
    const store = createStore();
    const map = new Map();
    const json = new Map();
    const nodeCache = new NodeCache();
    const sequence = makeSequence(keys, scale.size(10_000));
    const samples = await interleave(
      {
        [holdall]: {
          run() {
            for (let index = 0; index < sequence.length; index++) store.set(/** @type {string} */ (sequence[index]), smallAt(index));
          },
        },
        "Map + structuredClone": {
          run() {
            for (let index = 0; index < sequence.length; index++) map.set(sequence[index], structuredClone(smallAt(index)));
          },
        },
        "node-cache as it comes (clones)": {
          run() {
            for (let index = 0; index < sequence.length; index++) nodeCache.set(/** @type {string} */ (sequence[index]), smallAt(index));
          },
        },
        "Map + JSON.parse(JSON.stringify)": {
          run() {
            for (let index = 0; index < sequence.length; index++) json.set(sequence[index], JSON.parse(JSON.stringify(smallAt(index))));
          },
        },
      },
      { count: sequence.length, rounds: scale.rounds(21) },
    );
    store.dispose();
    nodeCache.close();
    return { samples };
  },
};

/** @type {readonly Group[]} */
export const writes = [overwrite(1_000, 1.8, 25), overwrite(100_000, 1.2, 25), overwrite(1_000_000, 1.2, 9), beside, isolated];
