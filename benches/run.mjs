/**
 * The state layout beside its rivals, through the real boundary: `npm run bench`. One process, rounds interleaved, medians; only the ratios
 * within a row mean anything, since machines are shared. The targets are those of the engine.
 *
 * @module
 */
import { LRUCache } from "lru-cache";

// The engine's memory is not in what Node counts: noted when the engine is instantiated.
/** @type {WebAssembly.Memory | undefined} */
let engineMemory;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports | undefined} */ imports) {
    super(module, imports);
    engineMemory = /** @type {WebAssembly.Memory} */ (this.exports.memory);
  }
};

const { createStore } = await import("holdall");

/** Takes what is read, so that no read is left out. */
let sink = 0;

const rounds = 7;
const values = Array.from({ length: 1024 }, (_, index) => `value-${String(index).padStart(10, "0")}`);
const ttl = 1e9;

/** @param {number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** @param {number} count */
function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

/**
 * Nanoseconds for each of some calls.
 *
 * @param {number} count
 * @param {() => void} run
 */
function time(count, run) {
  const start = performance.now();
  run();
  return ((performance.now() - start) * 1e6) / count;
}

/** @param {number} size */
function hotRows(size) {
  const keys = Array.from({ length: size }, (_, index) => `key:${index}`);
  const order = shuffled(size);
  const count = Math.max(size, 200_000);
  const key = (/** @type {number} */ index) => /** @type {string} */ (keys[/** @type {number} */ (order[index % size])]);
  const value = (/** @type {number} */ index) => /** @type {string} */ (values[index & 1023]);
  const ours = createStore();
  const oursTtl = createStore();
  // What reading the platform's clock costs, which lru-cache does once per turn of the event loop and we do for each deadline.
  const timeless = createStore({ clock: { now: () => 1, setTimer: () => 0, clearTimer: () => undefined } });
  const lru = new LRUCache({ max: size, ttl });
  const map = new Map();
  const each = (/** @type {(index: number) => void} */ call) => () => {
    for (let index = 0; index < count; index++) call(index);
  };
  const subjects = {
    "overwrite ours": each((index) => ours.set(key(index), value(index))),
    "overwrite lru": each((index) => lru.set(key(index), value(index))),
    "ttl ours": each((index) => oursTtl.set(key(index), value(index), { ttl })),
    "ttl ours, free clock": each((index) => timeless.set(key(index), value(index), { ttl })),
    "ttl lru": each((index) => lru.set(key(index), value(index), { ttl })),
    "overwrite map": each((index) => map.set(key(index), value(index))),
  };
  const reads = {
    "get ours": each((index) => {
      sink += /** @type {string} */ (ours.get(key(index))).length;
    }),
    "get lru": each((index) => {
      sink += /** @type {string} */ (lru.get(key(index))).length;
    }),
    "get map": each((index) => {
      sink += map.get(key(index)).length;
    }),
  };
  /** @type {Record<string, number>} */
  const medians = {};
  for (const group of [subjects, reads]) {
    /** @type {Record<string, number[]>} */
    const times = {};
    for (let round = 0; round <= rounds; round++) {
      for (const [name, run] of Object.entries(group)) {
        const nanoseconds = time(count, run);
        // The first round warms up.
        times[name] ??= [];
        if (round > 0) times[name].push(nanoseconds);
      }
    }
    for (const [name, all] of Object.entries(times)) medians[name] = median(all);
  }
  for (const store of [ours, oursTtl, timeless]) store.dispose();
  return medians;
}

/** @param {number} size */
function cloneRow(size) {
  const store = createStore();
  const map = new Map();
  for (let index = 0; index < size; index++) {
    store.set(`key:${index}`, values[index & 1023] ?? "");
    map.set(`key:${index}`, values[index & 1023]);
  }
  const write = (/** @type {{ set(key: string, value: string): unknown }} */ target) => {
    for (let index = 0; index < 10; index++) target.set(`key:${Math.floor(Math.random() * size)}`, "changed");
  };
  const cloned = () => {
    const clone = store.clone();
    write(clone);
    clone.dispose();
  };
  const ours = Array.from({ length: 100 }, () => time(1, cloned));
  const theirs = Array.from({ length: rounds }, () => time(1, () => write(new Map(map))));
  const clone = store.clone();
  let worst = 0;
  for (let index = 0; index < size; index++) {
    const key = `key:${Math.floor(Math.random() * size)}`;
    worst = Math.max(
      worst,
      time(1, () => store.set(key, "changed beside a clone")),
    );
  }
  clone.dispose();
  store.dispose();
  return { ours: median(ours), map: median(theirs), worst };
}

/**
 * Bytes for each entry. Ours first, in an engine that holds nothing yet; each is used after it was measured, so that what is collected
 * meanwhile is not taken off the other's account.
 *
 * @param {number} size
 */
function memoryRow(size) {
  const used = () => {
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const key = (/** @type {number} */ index) => `key:${index}`;
  const value = (/** @type {number} */ index) => `value-${String(index).padStart(10, "0")}`;
  const heapUsed = () => {
    used();
    return process.memoryUsage().heapUsed;
  };
  const heapBefore = heapUsed();
  const store = createStore();
  for (let index = 0; index < size; index++) store.set(key(index), value(index), { ttl });
  // The engine's whole memory, with what it has grown ahead.
  const ours = (heapUsed() - heapBefore + (engineMemory?.buffer.byteLength ?? 0)) / size;
  sink += store.size;
  const before = used();
  const cache = new LRUCache({ max: size, ttl });
  for (let index = 0; index < size; index++) cache.set(key(index), value(index), { ttl });
  const lru = (used() - before) / size;
  sink += cache.size + store.size;
  store.dispose();
  return { ours, lru };
}

/** @param {string} name @param {number} ours @param {number} rival @param {string} against @param {number} target */
function row(name, ours, rival, against, target) {
  const ratio = ours / rival;
  const verdict = ratio <= target ? "reached" : "missed";
  console.log(`| ${name} | ${ours.toFixed(0)} | ${against} ${rival.toFixed(0)} | ${ratio.toPrecision(2)} | ${target} | ${verdict} |`);
}

console.log("| operation, 16-byte strings | ours | rival | ratio | at most | |");
console.log("| --- | --- | --- | --- | --- | --- |");
const memory = memoryRow(500_000);
const targets = /** @type {const} */ ([
  [1000, 1.8, 2.0],
  [100_000, 1.2, 1.2],
  [1_000_000, 1.2, 1.1],
]);
for (const [size, overwrite, withTtl] of targets) {
  const ns = /** @type {Record<string, number>} */ (hotRows(size));
  const at = (/** @type {string} */ name) => ns[name] ?? Number.NaN;
  row(`overwrite, ${size} entries, ns`, at("overwrite ours"), at("overwrite lru"), "lru-cache with ttl", overwrite);
  row(`set with ttl, ${size} entries, ns`, at("ttl ours"), at("ttl lru"), "lru-cache with ttl", withTtl);
  row(
    `the same with a clock that costs nothing, ${size} entries, ns`,
    at("ttl ours, free clock"),
    at("ttl lru"),
    "lru-cache with ttl",
    withTtl,
  );
  if (size < 1_000_000) {
    row(`get, hot, ${size} entries, ns`, at("get ours"), at("get map"), "Map", 1.5);
    row(`get, hot, ${size} entries, ns`, at("get ours"), at("get lru"), "lru-cache with ttl", 0.8);
  }
}
const small = cloneRow(100_000);
row("clone of 100000 and 10 writes, ns", small.ours, small.map, "new Map(map)", 0.005);
const large = cloneRow(1_000_000);
row("clone of 1000000 and 10 writes, ns", large.ours, large.map, "new Map(map)", 0.005);
// Printed so that the reads cannot be left out.
console.error(`(${sink % 7})`);
console.log(
  `| worst write while a clone of 1000000 lives, ms | ${(large.worst / 1e6).toFixed(1)} | | | 10 | ${large.worst <= 1e7 ? "reached" : "missed"} |`,
);
row("memory per entry at 500000, bytes", memory.ours, memory.lru, "lru-cache with ttl", 1);
