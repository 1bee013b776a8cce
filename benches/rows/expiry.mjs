/**
 * Time to live: writing with one, and what expiring costs.
 *
 * @module
 */
import { TTLCache } from "@isaacs/ttlcache";
import { createStore } from "holdall";
import { LRUCache } from "lru-cache";
import QuickLRU from "quick-lru";
import { consume, makeKeys, makeSequence, ttl, valueAt } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { collectAll, interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/group.mjs").Comparison} Comparison */
/** @typedef {import("../lib/timing.mjs").Subject} Subject */

const freeClock = "holdall with a free clock";
const purgingLru = "lru-cache with ttl, ttlAutopurge";

/**
 * @param {number} entries
 * @param {number} atMost
 * @param {number} rounds
 * @param {readonly Comparison[]} others
 * @returns {Group}
 */
function withTtl(entries, atMost, rounds, others) {
  const compared = new Set(others.map(({ against }) => against));
  return {
    name: `set with ttl, ${entries.toLocaleString("en")} entries`,
    does: "as overwrite, each with a ttl of its own; both read a clock each time, and lru-cache as it comes leaves the stale to later reads",
    unit: "ns",
    comparisons: [{ against: "lru-cache with ttl", atMost }, { ours: freeClock, against: "lru-cache with ttl" }, ...others],
    async measure(scale) {
      const keys = makeKeys(scale.size(entries));
      const max = keys.length;
      const sequence = makeSequence(keys, scale.size(Math.max(entries, 50_000)));
      const fewer = sequence.slice(0, scale.size(10_000));
      const stores = [
        createStore(),
        // What reading the platform's clock costs: this one stands still.
        createStore({ clock: { now: () => 1, setTimer: () => 0, clearTimer: () => undefined } }),
      ];
      const ttlOption = { ttl };
      const [store, timeless] = /** @type {[typeof stores[0], typeof stores[0]]} */ (stores);
      const lru = new LRUCache({ max, ttl });
      // A loop for each: one that all share would be slower, and by the same amount for all.
      /** @type {Record<string, Subject>} */
      const subjects = {
        [holdall]: {
          run() {
            for (let at = 0; at < sequence.length; at++) store.set(/** @type {string} */ (sequence[at]), valueAt(at), ttlOption);
          },
        },
        [freeClock]: {
          run() {
            for (let at = 0; at < sequence.length; at++) timeless.set(/** @type {string} */ (sequence[at]), valueAt(at), ttlOption);
          },
        },
        "lru-cache with ttl": {
          run() {
            for (let at = 0; at < sequence.length; at++) lru.set(/** @type {string} */ (sequence[at]), valueAt(at), ttlOption);
          },
        },
      };
      const purging = new LRUCache({ max, ttl, ttlAutopurge: true });
      const ttlCache = new TTLCache({ max, ttl });
      const quick = new QuickLRU({ maxSize: max });
      const ageOption = { maxAge: ttl };
      /** @type {Record<string, Subject>} */
      const optional = {
        [purgingLru]: {
          count: fewer.length,
          run() {
            for (let at = 0; at < fewer.length; at++) purging.set(/** @type {string} */ (fewer[at]), valueAt(at), ttlOption);
          },
        },
        "@isaacs/ttlcache": {
          count: fewer.length,
          run() {
            for (let at = 0; at < fewer.length; at++) ttlCache.set(/** @type {string} */ (fewer[at]), valueAt(at), ttlOption);
          },
        },
        "quick-lru": {
          run() {
            for (let at = 0; at < sequence.length; at++) quick.set(/** @type {string} */ (sequence[at]), valueAt(at), ageOption);
          },
        },
      };
      for (const [name, subject] of Object.entries(optional)) if (compared.has(name)) subjects[name] = subject;
      const samples = await interleave(subjects, { count: sequence.length, rounds: scale.rounds(rounds) });
      for (const one of stores) one.dispose();
      ttlCache.cancelTimer();
      purging.clear();
      return { samples };
    },
  };
}

/** @type {Group} */
const expiring = {
  name: "expire 100,000 entries, each",
  does: "removes entries that are all past their deadline: our timer fires; lru-cache is told to purgeStale",
  unit: "ns",
  comparisons: [{ against: "lru-cache purgeStale", atMost: 0.3 }],
  async measure(scale) {
    const keys = makeKeys(scale.size(100_000));
    const count = keys.length;
    const span = 1_000;
    const time = { now: 1_000_000 };
    /** @type {(() => void) | undefined} */
    let fire;
    const clock = {
      now: () => time.now,
      setTimer(/** @type {() => void} */ callback) {
        fire = callback;
        return 0;
      },
      clearTimer() {
        fire = undefined;
      },
    };
    /** @type {ReturnType<typeof createStore> | undefined} */
    let store;
    /** @type {LRUCache<string, string> | undefined} */
    let lru;
    const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
    const samples = await interleave(
      {
        [holdall]: {
          before() {
            store = createStore({ clock });
            for (const [index, key] of keys.entries()) store.set(key, valueAt(index), { ttl: span });
            time.now += span;
            collectAll();
          },
          run: () => fire?.(),
          after() {
            if (store?.stats().expirations !== count) throw new Error("not all expired");
            store?.dispose();
          },
        },
        "lru-cache purgeStale": {
          async before() {
            lru = new LRUCache({ max: count, ttl: span, perf: { now: () => time.now } });
            for (const [index, key] of keys.entries()) lru.set(key, valueAt(index), { ttl: span });
            time.now += span + 1;
            collectAll();
            // The cache keeps the time that it has read for a turn.
            await settle();
          },
          run: () => consume(lru?.purgeStale() ? 1 : 0),
          after() {
            if (lru?.size !== 0) throw new Error("not all expired");
          },
        },
      },
      { count, rounds: scale.rounds(9) },
    );
    return { samples };
  },
};

/** @type {readonly Group[]} */
export const expiry = [
  withTtl(1_000, 2, 25, [{ against: purgingLru }, { against: "@isaacs/ttlcache" }, { against: "quick-lru" }]),
  withTtl(100_000, 1.2, 25, [{ against: purgingLru }, { against: "quick-lru" }]),
  withTtl(1_000_000, 1.1, 9, []),
  expiring,
];
