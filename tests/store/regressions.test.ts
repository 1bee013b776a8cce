/**
 * Defects that were found by reading and by attack, each with its story.
 *
 * @module
 */
import { describe, expect, it, vi } from "vitest";
import { createStore, HoldallError, type Store, type Value } from "../../ts/index.js";

/** A clock whose timer never rings, so that what is due expires within the next call. */
function lateClock() {
  const clock = { time: 0, now: () => clock.time, setTimer: () => 0 as unknown, clearTimer: () => undefined };
  return clock;
}

describe("a listener that reads while a read is under way", () => {
  it("does not get its value kept under the other's key", () => {
    // The view noted the key of the read before what was due expired; a listener's read through the same view overwrote it.
    const clock = lateClock();
    const store = createStore({ clock });
    store.setMany([
      ["a", "A"],
      ["b", "B"],
    ]);
    store.set("x", 1, { ttl: 3 });
    store.watch("x", () => store.get("b"));
    clock.time = 5;
    expect([store.get("a"), store.get("b"), store.get("a"), store.peek("b")]).toEqual(["A", "B", "A", "B"]);
  });
});

describe("a listing of large values", () => {
  it("comes whole, though a batch ends early", () => {
    // Batches were counted in entries alone: a thousand large values at once could end the engine's memory.
    const store = createStore();
    const value = (index: number) => `${index}`.repeat(50_000);
    for (let index = 10; index < 60; index++) store.set(`key:${index}`, value(index));
    const listed = [...store.entries()];
    expect(listed.length).toBe(50);
    expect(listed.every(([key, text]) => text === value(Number(key.slice(4))))).toBe(true);
    expect([...store.keys({ limit: 40 })].length).toBe(40);
  });
});

describe("a reader", () => {
  it("has no way to the store in any property, and cannot be passed off as one", () => {
    // The core was hidden by types alone, and mutators took any view for a store.
    const store = createStore();
    const reader = store.scope("u").reader();
    expect(Object.keys(reader)).toEqual([]);
    const set = Object.getPrototypeOf(store).set as (this: unknown, key: string, value: Value) => void;
    expect(() => set.call(reader, "k", 1)).toThrow(TypeError);
    expect(store.size).toBe(0);
  });
});

describe("what listeners are given", () => {
  it("is each one's own where it cannot be frozen", () => {
    const store = createStore();
    const seen: unknown[] = [];
    store.watch<Uint8Array>(({ value }) => value?.fill(9));
    store.watch<Uint8Array>(({ value }) => seen.push([...(value ?? [])]));
    store.set("bytes", new Uint8Array([1, 2]));
    expect(seen).toEqual([[1, 2]]);
  });
});

describe("a clock whose timer throws", () => {
  it("leaves no stale value behind", () => {
    const clock = { ...lateClock(), setTimer: () => {} };
    const store = createStore({ clock });
    store.set("a", 1);
    expect(store.get("a")).toBe(1);
    clock.setTimer = () => {
      throw new Error("no timers today");
    };
    expect(() => store.set("a", 2, { ttl: 5 })).toThrow("no timers today");
    expect([store.get("a"), store.getMutable("a")]).toEqual([2, 2]);
  });
});

describe("options that dispose of the store when they are read", () => {
  const calls: [string, (store: Store, options: { readonly ttl: string; readonly version: number }) => void][] = [
    ["set", (store, options) => store.set("k", 1, options)],
    ["setMany", (store, options) => store.setMany([["k", 1]], options)],
    ["compareAndSet", (store, options) => store.compareAndSet("k", 1, options)],
  ];

  it.each(calls)("get CLOSED from %s, and other stores live on", (_, call) => {
    const store = createStore();
    const options = {
      version: 0,
      get ttl() {
        store.dispose();
        return "1h";
      },
    };
    expect(() => call(store, options)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(createStore().size).toBe(0);
  });
});

describe("a write that takes the time of the turn", () => {
  it("does not take it where something can expire", () => {
    // Without a deadline in the store, a write notes the time of the event loop's turn; with one, what is due must expire first.
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000 });
    try {
      const store = createStore();
      store.set("untimed", 1);
      store.set("due", 1, { ttl: 500 });
      const told: string[] = [];
      store.watch(({ type, key }) => told.push(`${type} ${key}`));
      vi.setSystemTime(1_500);
      store.set("later", 1);
      expect(told).toEqual(["expire due", "set later"]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a refused value", () => {
  it("says which entry it was for", () => {
    const scope = createStore().scope("u");
    const refused = () =>
      scope.setMany([
        ["good", 1],
        ["bad", { deep: () => 1 }],
      ]);
    expect(refused).toThrow(expect.objectContaining({ code: "INVALID_VALUE", key: "bad", scope: "u" }));
    expect(refused).toThrow(HoldallError);
    expect(scope.size).toBe(0);
  });
});

describe("the clone of a bounded store", () => {
  it("knows the uses that the memo answered", () => {
    const store = createStore({ maxEntries: 2 });
    store.set("a", 1);
    store.set("b", 2);
    store.get("a");
    store.get("b");
    store.get("a");
    const clone = store.clone();
    clone.set("c", 3);
    expect([...clone.keys()]).toEqual(["a", "c"]);
  });
});
