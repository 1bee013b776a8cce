/**
 * The promise of contract 15 on memory: where there is none for a call it is `OUT_OF_MEMORY`, nothing has changed and nobody has heard
 * anything, and everything works again once there is. On the engine as it is published, but for a limit of 12 MiB.
 */
import { readFile } from "node:fs/promises";
import { expect, describe as promise, test } from "vitest";
import type { Store, StoreOptions } from "../../../ts/index.js";
import { storeFactory } from "../../../ts/store/factory.js";
import { manualClock } from "../../../ts/testing/index.js";
import { errorOf, expectError, fill, picture, watched } from "../support.js";
import { withMemory } from "./memory.support.js";

const engine = withMemory(await readFile("pkg/holdall_bg.wasm"), 12 * 2 ** 20);
const createStore = storeFactory(() => engine);
const timed = (options: StoreOptions = {}) => createStore({ clock: manualClock(0), memo: false, ...options });

const long = "x".repeat(1_000);
const pairs = (count: number, value: unknown = long) => Array.from({ length: count }, (_, at) => [`k${at}`, value] as const);

/** Stores that take all the memory there is, but for what a small value needs. */
function takeAll(): Store[] {
  const ballast = timed();
  // Ever smaller, and no deadline beside which it would matter.
  for (const size of [100_000, 1_000, 1]) {
    for (let at = 0; ; at++) {
      const error = errorOf(() => ballast.set(`${size}:${at}`, long.slice(0, size).repeat(Math.max(size / 1_000, 1))));
      if (error === undefined) continue;
      expect(error).toMatchObject({ code: "OUT_OF_MEMORY" });
      break;
    }
  }
  return [ballast];
}

/** What a store holds before each call. */
function prepare(store: Store): void {
  store.setMany(pairs(300) as [string, string][], { tags: ["t"], properties: { p: 1 } });
  store.set("counter", 1, { ttl: "1h" });
  store.scope("s").set("k", { a: { b: 1 } });
  [...store.keys()];
}

const source = timed();
source.setMany(pairs(300, "other") as [string, string][]);
const snapshot = source.snapshot();
const small = ((store: Store) => {
  store.set("new", 1);
  return store.snapshot();
})(timed());
const lines = [...source.export()].join("");

/** Calls that need more memory than is left. */
const calls: readonly [string, (store: Store) => unknown][] = [
  ["set of a new key", (store) => store.set("new", "value")],
  ["set of a long value", (store) => store.set("k1", long.repeat(100))],
  ["set with metadata", (store) => store.set("k1", 1, { tags: ["u"], description: long })],
  ["set in a scope", (store) => store.scope("s").set("new", 1)],
  ["compareAndSet", (store) => store.compareAndSet("new", 1, { version: 0 })],
  ["update", (store) => store.update("k1", (value) => `${value}${long}`)],
  ["updateFields", (store) => store.scope("s").updateFields("k", { "/a/b": long })],
  ["increment", (store) => store.increment("counter")],
  ["setMany", (store) => store.setMany(pairs(1_000, 1) as [string, number][])],
  ["touch", (store) => store.touch("counter", "2h")],
  ["addTag", (store) => store.addTag("k1", "u")],
  ["setProperty", (store) => store.setProperty("k1", "q", long)],
  ["setMeta", (store) => store.setMeta("k1", { description: long.repeat(10) })],
  ["transaction", (store) => store.transaction((tx) => pairs(100).map(([key]) => tx.set(key, 2)))],
  ["transaction that reads what it wrote", (store) => store.transaction((tx) => [tx.set("new", 1), tx.get("new"), tx.size])],
  ["merge", (store) => store.merge(source, "overwrite")],
  ["merge by a function", (store) => store.merge(source, () => ({ value: 3 }))],
  ["restore", (store) => store.restore(snapshot)],
  ["restore of a scope", (store) => store.scope("s").restore(snapshot)],
  ["import", (store) => store.import(lines, "overwrite")],
  ["snapshot", (store) => store.snapshot()],
  ["export", (store) => [...store.export()]],
  ["clone", (store) => store.clone()],
  ["clone of a scope", (store) => store.scope("s").clone()],
  ["diff", (store) => store.diff(source)],
  ["a scope's bounds", (store) => store.scope("bounded", { maxEntries: 5 })],
  ["entries", (store) => [...store.entries()]],
  ["find", (store) => [...store.find({ allTags: ["t"] })]],
  ["use of a middleware's list", (store) => withMiddleware(store)],
];

function withMiddleware(store: Store): void {
  const end = store.use({ write: (writes, next) => next(writes) });
  try {
    store.setMany(pairs(100, 1) as [string, number][]);
  } finally {
    end();
  }
}

promise("where there is no memory for it", () => {
  test.each(calls)("%s is refused, nothing has changed and nobody has heard of it; then it works", (_, call) => {
    const store = timed();
    prepare(store);
    const before = JSON.stringify(picture(store));
    const told = watched(store);
    const ballast = takeAll();
    expectError(() => call(store), "OUT_OF_MEMORY");
    for (const each of ballast) each.dispose();
    expect(JSON.stringify(picture(store))).toBe(before);
    expect(told).toEqual([]);
    call(store);
    store.dispose();
  });

  test("reads go on, and what frees memory does", () => {
    const store = timed();
    prepare(store);
    const [ballast] = takeAll() as [Store];
    expect([store.get("k1"), store.get("missing"), store.has("k1"), store.size]).toEqual([long, undefined, true, 302]);
    expect(store.delete("k1")).toBe(true);
    expect(store.deleteMany(["k2", "k3"])).toBe(2);
    expect(store.size).toBe(299);
    expect(ballast.clear()).toBeGreaterThan(0);
    store.set("new", long);
    expect(store.get("new")).toBe(long);
    for (const each of [store, ballast]) each.dispose();
  });

  test("there is no new store, until there is memory again", () => {
    const ballast = takeAll();
    expectError(() => timed(), "OUT_OF_MEMORY");
    for (const each of ballast) each.dispose();
    timed().dispose();
  });

  // What a write evicted was told, and no memory had been asked for that.
  test.each<[string, (store: Store) => unknown]>([
    ["set", (store) => store.set("new", 1)],
    ["setMany", (store) => store.setMany(pairs(2, 1) as [string, number][])],
    ["set with metadata", (store) => store.set("new", 1, { tags: ["t"] })],
    ["transaction", (store) => store.transaction((tx) => tx.set("new", 1))],
    ["restore of a scope", (store) => store.scope("s").restore(small)],
    ["a scope's bounds", (store) => store.scope("s", { maxEntries: 3 })],
  ])("%s evicts nothing large whose listener could not be told", (_, call) => {
    const heard: unknown[] = [];
    const store = timed({ maxEntries: 3, onEvict: (key, value) => heard.push([key, (value as string).length]) });
    const size = 400_000;
    store.set("large", "x".repeat(size));
    fill(store, "a", "b");
    const before = JSON.stringify(picture(store));
    // Leaves room for what is written beside the engine's reserve, but not for telling what has to go.
    const spare = timed();
    for (let at = 0; at < 10; at++) spare.set(`${at}`, "x".repeat(250_000));
    const ballast = takeAll();
    spare.dispose();
    expectError(() => call(store), "OUT_OF_MEMORY");
    for (const each of ballast) each.dispose();
    expect(JSON.stringify(picture(store))).toBe(before);
    expect(heard).toEqual([]);
    call(store);
    expect(heard).toContainEqual(["large", size]);
    store.dispose();
  });

  test("what is due stays hidden, and goes when there is memory", () => {
    const clock = manualClock(0);
    const heard: string[] = [];
    const store = createStore({ clock, memo: false, onEvict: (key) => heard.push(key) });
    store.setMany(pairs(500) as [string, string][], { ttl: 10 });
    const ballast = takeAll();
    clock.advance(10);
    expect(heard).toEqual([]);
    for (const each of ballast) each.dispose();
    expect(store.size).toBe(0);
    expect(heard).toHaveLength(500);
    store.dispose();
  });
});
