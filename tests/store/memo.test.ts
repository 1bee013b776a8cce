/** Promises of contract 2 and 3 that the memo keeps: hot reads make no call into the engine, and are never stale; and its bound. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createStore, type Store } from "../../ts/index.js";
import { runningEngine, timedStore } from "./support.js";

const { RawStore } = runningEngine();
type RawStore = typeof RawStore.prototype;

const methods = Object.getOwnPropertyNames(RawStore.prototype).filter((name) => name !== "constructor") as (keyof RawStore)[];

/** How many calls into the engine something makes, by any method of a store. */
function engineCalls(run: () => void): number {
  const spies = methods.map((method) => vi.spyOn(RawStore.prototype, method as "version"));
  run();
  const calls = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  vi.restoreAllMocks();
  return calls;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a hot read", () => {
  it("makes no call into the engine", () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    scope.set("k", { a: 1 });
    scope.set("t", "text", { ttl: 1_000 });
    expect(engineCalls(() => scope.get("k"))).toBeGreaterThan(0);
    scope.get("t");
    for (const read of [
      () => scope.get("k"),
      () => scope.get("t"),
      () => scope.getOrThrow("k"),
      () => scope.getOrDefault("k", 1),
      () => scope.getMany(["k", "t"]),
    ]) {
      expect(engineCalls(read)).toBe(0);
    }
  });

  it("makes one call for each thousand on a bounded store, to tell its uses", () => {
    const store = createStore({ maxEntries: 10 });
    store.set("k", 1);
    store.get("k");
    const calls = engineCalls(() => {
      for (let index = 0; index < 10_240; index++) store.get("k");
    });
    expect(calls).toBe(10);
  });

  it("counts as a hit", () => {
    const store = createStore();
    store.set("k", 1);
    for (let index = 0; index < 5; index++) store.get("k");
    expect(store.stats()).toMatchObject({ hits: 5, misses: 0 });
  });

  it("is not to be had of a missing key, a date or bytes", () => {
    const store = createStore();
    store.setMany(Object.entries({ date: new Date(0), bytes: new Uint8Array(1), both: [new Date(0)] }));
    for (const key of ["none", "date", "bytes", "both"]) {
      store.get(key);
      expect(engineCalls(() => store.get(key))).toBeGreaterThan(0);
    }
  });
});

describe("what is in the memo", () => {
  const invalidations: [string, (store: Store, advance: (span: number) => void) => void, unknown][] = [
    ["a set", (store) => store.set("s:k", 2), 2],
    ["a set of text", (store) => store.set("s:k", "two"), "two"],
    ["a set through another view", (store) => store.scope("s").set("k", 2), 2],
    ["a set with metadata", (store) => store.set("s:k", 2, { tags: ["t"] }), 2],
    ["setMany", (store) => store.scope("s").setMany([["k", 2]]), 2],
    ["compareAndSet", (store) => store.compareAndSet("s:k", 2, { version: store.meta("s:k")?.version ?? 0 }), 2],
    ["delete", (store) => store.delete("s:k"), undefined],
    ["delete through another view", (store) => store.scope("s").delete("k"), undefined],
    ["deleteMany", (store) => store.deleteMany(["s:k"]), undefined],
    ["clear", (store) => store.clear(), undefined],
    ["clear of the scope", (store) => store.scope("s").clear(), undefined],
    ["expiry", (_, advance) => advance(1_000), undefined],
    [
      "a shorter deadline",
      (store, advance) => {
        store.touch("s:k", 10);
        store.get("s:k");
        advance(10);
      },
      undefined,
    ],
    [
      "eviction",
      (store) => {
        for (let index = 0; index < 10; index++) store.set(`new${index}`, index);
      },
      undefined,
    ],
    [
      "reuse of its place",
      (store) => {
        store.delete("s:k");
        for (let index = 0; index < 300; index++) store.set(`new${index}`, index);
      },
      undefined,
    ],
    [
      "delete and set",
      (store) => {
        store.delete("s:k");
        store.set("s:k", 3);
      },
      3,
    ],
    [
      "clear and set",
      (store) => {
        store.clear();
        store.set("s:k", 3);
      },
      3,
    ],
    [
      "a listener's set",
      (store) => {
        store.watch("trigger", () => store.set("s:k", 4));
        store.set("trigger", 1);
      },
      4,
    ],
  ];
  for (const isHeard of [false, true]) {
    it.each(invalidations)(`is dropped from every view by %s${isHeard ? ", with listeners" : ""}`, (_, change, expected) => {
      const { store, clock } = timedStore({ maxEntries: 10 });
      const views: [Pick<Store, "get" | "peek">, string][] = [
        [store, "s:k"],
        [store.scope("s"), "k"],
        [store.scope("s"), "k"],
        [store.reader().scope("s"), "k"],
      ];
      if (isHeard) store.subscribe(() => undefined);
      store.set("s:k", { old: true }, { ttl: 1_000 });
      for (const [view, key] of views) expect([view.get(key), view.get(key)]).toEqual([{ old: true }, { old: true }]);
      change(store, (span) => clock.advance(span));
      for (const [view, key] of views) expect([view.peek(key), view.get(key), view.get(key)]).toEqual([expected, expected, expected]);
    });
  }

  it("expires on time, though no timer rings and nobody else looks", () => {
    let time = 0;
    const store = createStore({ clock: { now: () => time, setTimer: () => 0, clearTimer: () => undefined } });
    store.set("k", 1, { ttl: 10 });
    store.get("k");
    time = 9;
    expect(engineCalls(() => expect(store.get("k")).toBe(1))).toBe(0);
    time = 10;
    expect(store.get("k")).toBeUndefined();
  });

  it("stays for changes of other entries", () => {
    const store = createStore();
    store.set("k", { a: 1 });
    const value = store.get("k");
    store.set("l", 1);
    store.delete("l");
    store.scope("s").clear();
    expect(engineCalls(() => expect(store.get("k")).toBe(value))).toBe(0);
  });
});

describe("the bound of the memo", () => {
  it("holds while very many are read, and what is used again stays", () => {
    const maxBytes = 50_000;
    const store = createStore({ memo: { maxBytes } });
    for (let index = 0; index < 2_000; index++) store.set(`k${index}`, { index });
    store.get("k0");
    let hotCalls = 0;
    for (let index = 1; index < 2_000; index++) {
      store.get(`k${index}`);
      expect(store.stats().memoBytes).toBeLessThanOrEqual(maxBytes);
      if (index % 20 === 0) hotCalls += engineCalls(() => store.get("k0"));
    }
    expect(store.stats().memoBytes).toBeGreaterThan(maxBytes / 4);
    expect(hotCalls).toBe(0);
    expect(engineCalls(() => store.get("k1"))).toBeGreaterThan(0);
  });

  it("holds while one entry changes and is read again and again", () => {
    const store = createStore({ memo: { maxBytes: 10_000 } });
    for (let index = 0; index < 1_000; index++) {
      store.set("k", { index });
      expect(store.get("k")).toEqual({ index });
      expect(store.stats().memoBytes).toBeLessThanOrEqual(10_000);
    }
  });

  it("keeps out what would fill it", () => {
    const store = createStore({ memo: { maxBytes: 10_000 } });
    store.set("large", "x".repeat(9_000));
    store.get("large");
    expect(store.stats().memoBytes).toBe(0);
    expect(engineCalls(() => store.get("large"))).toBeGreaterThan(0);
  });

  it("may be nothing: no memo, and every read is decoded", () => {
    for (const memo of [false, { maxBytes: 0 }] as const) {
      const store = createStore({ memo });
      store.set("k", { a: 1 });
      expect(store.get("k")).toEqual({ a: 1 });
      expect(store.get("k")).not.toBe(store.get("k"));
      expect(Object.isFrozen(store.get("k"))).toBe(true);
      expect([engineCalls(() => store.get("k")) > 0, store.stats().memoBytes]).toEqual([true, 0]);
    }
  });

  it("is right whatever its size", () => {
    for (const maxBytes of [0, 1, 500, 700, 1_000, 2_000, 5_000]) {
      const store = createStore({ memo: { maxBytes } });
      const views = [store, store.scope("s"), store.scope("s").scope("t")];
      for (let step = 0; step < 2_000; step++) {
        const view = views[step % 3] as Store;
        const key = `k${(step * 7) % 11}`;
        if (step % 5 === 0) view.set(key, step);
        const full = view === store ? key : view === views[1] ? `s:${key}` : `s:t:${key}`;
        expect(view.get(key)).toBe(store.peek(full));
      }
    }
  });
});
