/** Promises of contract 7: a clone is consistent and independent. */
import { describe, expect, it } from "vitest";
import { createStore } from "../../ts/index.js";
import { keysOf, picture, timedStore, watched } from "./support.js";

describe("a clone", () => {
  it("has data, metadata, deadlines, limits and clock, and is independent both ways", () => {
    const { store, clock } = timedStore({ maxEntries: 3, defaultTtl: 500 });
    store.set("a", { n: 1 }, { tags: ["t"], properties: { p: 1 }, description: "d", ttl: 50 });
    store.set("b", 2);
    const clone = store.clone();
    expect(picture(clone)).toEqual(picture(store));
    expect(clone.snapshot()).toEqual(store.snapshot());
    clone.set("c", 1);
    store.delete("b");
    expect([keysOf(store), keysOf(clone), clone.ttl("c")]).toEqual([["a"], ["a", "b", "c"], 500]);
    clone.set("d", 1);
    expect(keysOf(clone)).toEqual(["b", "c", "d"]);
    clock.advance(50);
    expect([keysOf(store), [...clone.find({ allTags: ["t"] })]]).toEqual([[], []]);
  });

  it("counts from its own beginning", () => {
    const { store, clock } = timedStore({ maxEntries: 2 });
    for (const key of ["a", "b", "c"]) store.set(key, 1);
    store.set("d", 1, { ttl: 10 });
    clock.advance(10);
    store.get("c");
    expect(store.stats()).toMatchObject({ entries: 1, hits: 1, evictions: 2, expirations: 1 });
    for (const clone of [store.clone(), store.scope("s").clone()]) {
      expect(clone.stats()).toMatchObject({ hits: 0, misses: 0, evictions: 0, expirations: 0 });
    }
  });

  it("has no listeners, and outlives its store", () => {
    const evicted: unknown[] = [];
    const { store, clock } = timedStore({ onEvict: (key) => evicted.push(key) });
    store.set("a", 1, { ttl: 50 });
    store.set("b", 1);
    const told = watched(store);
    const clone = store.clone();
    clone.delete("b");
    store.dispose();
    const heard = watched(clone);
    clock.advance(50);
    expect([told, evicted, heard]).toEqual([[], [], [["expire", "a", 1, undefined]]]);
  });

  it("goes on from the time of its store, where the clock has gone back", () => {
    let time = 1_000;
    const store = createStore({ clock: { now: () => time, setTimer: () => 0, clearTimer: () => undefined } });
    store.set("k", 1, { ttl: 50 });
    time -= 500;
    const clone = store.clone();
    expect([clone.ttl("k"), store.ttl("k")]).toEqual([50, 50]);
    time += 550;
    expect([clone.ttl("k"), clone.size]).toEqual([undefined, 0]);
  });

  it("of a scope has the scope's short keys, its bounds, and nothing else", () => {
    const { store } = timedStore({ maxEntries: 50 });
    const scope = store.scope("s", { maxEntries: 2 });
    store.set("outside", 1);
    scope.set("a", 1, { tags: ["t"], ttl: 50 });
    scope.scope("t").set("b", 2);
    const clone = scope.clone();
    expect(picture(clone)).toEqual(picture(scope));
    expect([keysOf(clone), [...clone.find({ allTags: ["t"] })], clone.ttl("a")]).toEqual([["a", "t:b"], ["a"], 50]);
    clone.set("c", 1);
    expect([clone.size, scope.size]).toEqual([2, 2]);
    expect(store.scope("s").merge(clone, { strategy: "error", base: scope.clone() })).toMatchObject({ added: ["c"], deleted: ["a"] });
  });
});
