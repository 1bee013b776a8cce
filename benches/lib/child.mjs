/**
 * One process that holds entries and prints what that costs: `node --expose-gc child.mjs memory|collection HOLDER SIZE`.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import { ttl } from "./data.mjs";
import { engineBytes } from "./engine-memory.mjs";
import { median } from "./statistics.mjs";
import { collectAll } from "./timing.mjs";

/** @typedef {"holdall" | "holdall-warm" | "lru-cache" | "map" | "nothing"} Holder */

const { createStore } = await import("holdall");

const [measure, holder, sizeText] = process.argv.slice(2);
const size = Number(sizeText);
const keyAt = (/** @type {number} */ index) => `key:${String(index).padStart(6, "0")}`;
const valueAt = (/** @type {number} */ index) => `value-${String(index).padStart(10, "0")}`;

/** Heap, and the larger of what Node counts outside of it and the engine's memory, which it counts but does not name. */
function used() {
  collectAll();
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external };
}

/** Fills what is asked for; the result keeps it alive. */
function hold() {
  if (holder === "nothing") return { size: 0 };
  if (holder === "map") {
    const map = new Map();
    for (let index = 0; index < size; index++) map.set(keyAt(index), valueAt(index));
    return map;
  }
  if (holder === "lru-cache") {
    const cache = new LRUCache({ max: size, ttl });
    for (let index = 0; index < size; index++) cache.set(keyAt(index), valueAt(index), { ttl });
    return cache;
  }
  const store = createStore();
  for (let index = 0; index < size; index++) store.set(keyAt(index), valueAt(index), { ttl });
  if (holder === "holdall-warm") for (let index = 0; index < size; index++) store.get(keyAt(index));
  return store;
}

const before = used();
const held = hold();
// Timers of what was written must not run into what is measured.
await new Promise((resolve) => setTimeout(resolve, 20));
if (measure === "memory") {
  const after = used();
  const outside = Math.max(after.external - before.external, engineBytes());
  console.log((after.heapUsed - before.heapUsed + outside) / size);
} else {
  collectAll();
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    globalThis.gc?.();
    return (performance.now() - start) * 1e6;
  });
  console.log(median(times));
}
// Used once more, so that nothing was let go of before.
if (held.size !== (holder === "nothing" ? 0 : size)) throw new Error(`${holder} holds ${held.size}`);
