/** Promises of contract 3 on `getOrLoad`: a loader runs once for all who wait, and what happens to the key meanwhile wins. */
import { describe, expect, it, vi } from "vitest";
import { createStore, HoldallError, type Store } from "../../ts/index.js";
import { coreOf, type StoreView } from "../../ts/store/view.js";
import { contentsOf, expectError, picture, subscribed, timedStore, watched } from "./support.js";

/** A loader that ends when it is told to, and counts how often it was called. */
function loaderOf<T>() {
  const ends: { resolve: (value: T) => void; reject: (error: unknown) => void }[] = [];
  const load = vi.fn(() => new Promise<T>((resolve, reject) => ends.push({ resolve, reject })));
  return { load, ends, begun: () => expect.poll(() => ends.length).toBeGreaterThan(0) };
}

/** The error that a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<HoldallError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HoldallError);
  return error as HoldallError;
}

describe("getOrLoad", () => {
  it("gives what is there without loading, null too, and counts a hit", async () => {
    const store = createStore();
    store.set("k", { a: 1 });
    store.set("null", null);
    const load = vi.fn(() => 5);
    expect(await store.getOrLoad("k", load)).toBe(store.get("k"));
    expect(await store.getOrLoad("null", load)).toBeNull();
    expect([load.mock.calls.length, store.stats().hits, store.stats().misses]).toEqual([0, 3, 0]);
  });

  it("sets what the loader gives, at once or later, as the options say, and gives it as get does", async () => {
    const { store } = timedStore({ defaultTtl: 99 });
    const users = store.scope("user");
    const commits = subscribed(store);
    const loaded = await users.getOrLoad("1", async () => ({ name: "Ada" }), {
      ttl: 5,
      tags: ["t"],
      properties: { p: 1 },
      description: "d",
    });
    expect(loaded).toBe(store.get("user:1"));
    expect([loaded, store.ttl("user:1"), store.meta("user:1")]).toMatchObject([
      { name: "Ada" },
      5,
      { tags: ["t"], properties: { p: 1 }, description: "d" },
    ]);
    expect(await users.getOrLoad<null>("2", () => null)).toBeNull();
    expect([store.get("user:2"), store.ttl("user:2"), commits.length, store.stats().misses]).toEqual([null, 99, 2, 2]);
  });

  it("loads again when the entry has expired", async () => {
    const { store, clock } = timedStore();
    const load = vi.fn(async () => load.mock.calls.length);
    expect(await store.getOrLoad("k", load, { ttl: 5 })).toBe(1);
    clock.advance(4);
    expect(await store.getOrLoad("k", load, { ttl: 5 })).toBe(1);
    clock.advance(1);
    expect(await store.getOrLoad("k", load, { ttl: 5 })).toBe(2);
  });

  it("calls one loader, once, for all who ask through any view, with the options of the first", async () => {
    const { store } = timedStore();
    const { load, ends, begun } = loaderOf<{ a: number }>();
    const other = vi.fn(() => ({ a: 2 }));
    const asked = [
      store.getOrLoad("s:k", load, { ttl: 7 }),
      store.getOrLoad("s:k", other, { ttl: 9 }),
      store.scope("s").getOrLoad("k", other),
      store.scope("s").getOrLoad("k", load),
    ];
    await begun();
    asked.push(store.getOrLoad("s:k", other));
    ends[0]?.resolve({ a: 1 });
    const values = await Promise.all(asked);
    expect(new Set(values)).toEqual(new Set([store.get("s:k")]));
    expect([load.mock.calls.length, other.mock.calls.length, store.ttl("s:k")]).toEqual([1, 0, 7]);
  });

  it("keeps keys and stores apart", async () => {
    const [store, clone] = [createStore(), createStore().clone()];
    const values = await Promise.all([
      store.getOrLoad("k", () => 1),
      store.getOrLoad("l", () => 2),
      clone.getOrLoad("k", () => 3),
      store.scope("k").getOrLoad("k", () => 4),
    ]);
    expect([values, contentsOf(store)]).toEqual([
      [1, 2, 3, 4],
      [
        ["k", 1],
        ["k:k", 4],
        ["l", 2],
      ],
    ]);
  });

  it("gives each who waits a copy of his own of what cannot be frozen", async () => {
    const store = createStore();
    const load = async () => ({ at: new Date(5) });
    const [first, second] = await Promise.all([store.getOrLoad("k", load), store.getOrLoad("k", load)]);
    first?.at.setTime(6);
    expect([second?.at.getTime(), store.get<{ at: Date }>("k")?.at.getTime()]).toEqual([5, 5]);
  });

  it("rejects for all when the loader does or throws, sets nothing, and loads again next time", async () => {
    const store = createStore();
    const mine = new Error("mine");
    const fails = [
      () => Promise.reject(mine),
      () => {
        throw mine;
      },
    ];
    for (const fail of fails) {
      const load = vi.fn(fail);
      const asked = [store.getOrLoad("k", load), store.getOrLoad("k", load)];
      for (const promise of asked) await expect(promise).rejects.toBe(mine);
      expect([load.mock.calls.length, store.size]).toEqual([1, 0]);
    }
    expect(await store.getOrLoad("k", () => 5)).toBe(5);
  });

  it("rejects what cannot be stored, or does not fit, and sets nothing", async () => {
    const store = createStore({ maxBytes: 10, policy: "reject" });
    const error = await rejection(store.scope("s").getOrLoad("k", () => undefined as never));
    expect([error.code, error.key, error.scope]).toEqual(["INVALID_VALUE", "k", "s"]);
    expect((await rejection(store.getOrLoad("k", async () => ({ f: () => 1 }) as never))).code).toBe("INVALID_VALUE");
    expect((await rejection(store.getOrLoad("k", () => "x".repeat(10)))).code).toBe("QUOTA_EXCEEDED");
    expect([store.size, await store.getOrLoad("k", () => "fits")]).toEqual([0, "fits"]);
  });

  const sets: [string, (store: Store) => void, unknown][] = [
    ["set", (store) => store.set("s:k", "newer", { ttl: 50 }), "newer"],
    ["setMany", (store) => store.setMany([["s:k", "newer"]]), "newer"],
    ["update", (store) => store.scope("s").update("k", () => "newer"), "newer"],
    ["compareAndSet", (store) => store.compareAndSet("s:k", "newer", { version: 0 }), "newer"],
  ];
  it.each(sets)("a %s while it loads wins: all who wait get that value, and it stays", async (_name, write, value) => {
    const { store } = timedStore();
    const { load, ends, begun } = loaderOf<string>();
    const asked = [store.getOrLoad("s:k", load, { ttl: 5 }), store.scope("s").getOrLoad("k", load)];
    await begun();
    write(store);
    const before = picture(store);
    const told = watched(store);
    ends[0]?.resolve("older");
    expect(await Promise.all(asked)).toEqual([value, value]);
    expect([picture(store), told]).toEqual([before, []]);
  });

  const removals: [string, (store: Store) => void][] = [
    ["delete", (store) => store.delete("s:k")],
    ["delete in a scope", (store) => store.scope("s").delete("k")],
    ["deleteMany", (store) => store.deleteMany(["other", "s:k"])],
    ["clear", (store) => store.clear()],
    ["clear of the scope", (store) => store.scope("s").clear()],
    // In a transaction it did not end the load, and what was stale by then was cached.
    ["delete in a transaction", (store) => store.transaction((tx) => tx.scope("s").delete("k"))],
    ["deleteMany in a transaction", (store) => store.transaction((tx) => tx.deleteMany(["other", "s:k"]))],
    ["clear in a transaction", (store) => store.scope("s").transaction((tx) => tx.clear())],
    [
      "set and delete in a transaction",
      (store) =>
        store.transaction((tx) => {
          tx.set("s:k", "newer");
          tx.delete("s:k");
        }),
    ],
    [
      "delete in a transaction through middleware",
      (store) => {
        const end = store.use({ write: (_, next) => next() });
        store.transaction((tx) => tx.delete("s:k"));
        end();
      },
    ],
    ["restore of nothing", (store) => store.restore(createStore().snapshot())],
    [
      "set and delete",
      (store) => {
        store.set("s:k", "newer");
        store.delete("s:k");
      },
    ],
    [
      "value that came and was evicted",
      (store) => {
        store.set("s:k", "newer");
        store.set("other", 1);
        store.set("third", 1);
        store.deleteMany(["other", "third"]);
      },
    ],
  ];
  it.each(removals)(
    "after a %s while it loads, those who wait get what was loaded, it is not set, and others load anew",
    async (_name, act) => {
      const store = createStore({ maxEntries: 2 });
      const { load, ends, begun } = loaderOf<{ from: string }>();
      const asked = [store.getOrLoad("s:k", load), store.getOrLoad("s:k", load)];
      await begun();
      act(store);
      const fresh = await store.scope("s").getOrLoad("k", () => ({ from: "newer" }));
      expect(fresh).toEqual({ from: "newer" });
      store.delete("s:k");
      const told = watched(store);
      ends[0]?.resolve({ from: "older" });
      const old = await Promise.all(asked);
      expect([old, Object.isFrozen(old[0]), store.size, told]).toEqual([[{ from: "older" }, { from: "older" }], true, 0, []]);
    },
  );

  it("is left alone by a transaction that did not commit", async () => {
    const store = createStore();
    const { load, ends, begun } = loaderOf<string>();
    const asked = store.getOrLoad("k", load);
    await begun();
    const fails = () =>
      store.transaction((tx) => {
        tx.delete("k");
        throw new Error("mine");
      });
    expect(fails).toThrow("mine");
    ends[0]?.resolve("loaded");
    expect([await asked, store.get("k")]).toEqual(["loaded", "loaded"]);
  });

  it("is left alone by a delete of other keys, and a clear of other scopes", async () => {
    const store = createStore();
    const { load, ends, begun } = loaderOf<string>();
    const asked = store.getOrLoad("s:k", load);
    await begun();
    store.delete("k");
    store.scope("s").delete("s:k");
    store.scope("t").clear();
    store.deleteMany(["s:", "s:kk"]);
    store.set("other", 1);
    createStore().clear();
    ends[0]?.resolve("loaded");
    expect([await asked, store.get("s:k")]).toEqual(["loaded", "loaded"]);
  });

  it("a load that was overtaken does not end the one that followed it", async () => {
    const store = createStore();
    const [first, second] = [loaderOf<string>(), loaderOf<string>()];
    const old = store.getOrLoad("k", first.load);
    await first.begun();
    store.delete("k");
    const fresh = [store.getOrLoad("k", second.load)];
    await second.begun();
    first.ends[0]?.resolve("older");
    expect(await old).toBe("older");
    const third = vi.fn(() => "third");
    fresh.push(store.getOrLoad("k", third));
    second.ends[0]?.resolve("newer");
    expect([await Promise.all(fresh), store.get("k"), third.mock.calls.length]).toEqual([["newer", "newer"], "newer", 0]);
  });

  it("gives the loaded value though a listener deletes it at once", async () => {
    const store = createStore();
    store.watch("k", ({ type }) => type === "set" && store.delete("k"));
    expect(await store.getOrLoad("k", () => ({ a: 1 }))).toEqual({ a: 1 });
    expect(store.has("k")).toBe(false);
  });

  it("rejects with CLOSED when the store was disposed of while it loaded, or before", async () => {
    const store = createStore();
    const { load, ends, begun } = loaderOf<string>();
    const asked = [store.getOrLoad("k", load), store.scope("s").getOrLoad("k", load)];
    await begun();
    store.dispose();
    for (const { resolve } of ends) resolve("late");
    for (const promise of asked) expect((await rejection(promise)).code).toBe("CLOSED");
    expect((await rejection(store.getOrLoad("k", load))).code).toBe("CLOSED");
  });

  it("is not disturbed by the end of the scope that asked first", async () => {
    const store = createStore();
    const scope = store.scope("s");
    const { load, ends, begun } = loaderOf<string>();
    const asked = [scope.getOrLoad("k", load), store.getOrLoad("s:k", load)];
    await begun();
    scope.dispose();
    ends[0]?.resolve("loaded");
    expect([await Promise.all(asked), store.get("s:k")]).toEqual([["loaded", "loaded"], "loaded"]);
    expect((await rejection(scope.getOrLoad("k", load))).code).toBe("CLOSED");
  });

  it("may be called by a loader for another key, and its loader may write", async () => {
    const store = createStore();
    const value = await store.getOrLoad("a", async () => {
      store.set("seen", 1);
      return (await store.getOrLoad<number>("b", () => 1)) + 1;
    });
    expect([value, contentsOf(store)]).toEqual([
      2,
      [
        ["a", 2],
        ["b", 1],
        ["seen", 1],
      ],
    ]);
  });

  it("reads its options when it is called, and rejects bad arguments before it loads", async () => {
    const { store } = timedStore();
    const load = vi.fn(async () => 1);
    for (const [key, loader, options, code, name] of [
      [5, load, {}, "INVALID_KEY", ""],
      ["k", undefined, {}, "INVALID_ARGUMENT", "loader"],
      ["k", 5, {}, "INVALID_ARGUMENT", "loader"],
      ["k", load, null, "INVALID_ARGUMENT", "options"],
      ["k", load, { ttl: 0 }, "OUT_OF_RANGE", "ttl"],
      ["k", load, { tags: "t" }, "INVALID_ARGUMENT", "tags"],
      ["k", load, { properties: { p: () => 1 } }, "INVALID_VALUE", ""],
    ] as const) {
      const error = await rejection(store.getOrLoad(key as never, loader as never, options as never));
      expectError(
        () => {
          throw error;
        },
        code,
        name,
      );
    }
    expect([load.mock.calls.length, store.size]).toEqual([0, 0]);
    const options = { ttl: 5, tags: ["t"] };
    const asked = store.getOrLoad("k", load, options);
    options.ttl = 50;
    options.tags.push("u");
    await asked;
    expect([store.ttl("k"), store.meta("k")?.tags]).toEqual([5, ["t"]]);
  });

  it("leaves no timer and no listener behind", async () => {
    const { store, clock } = timedStore();
    await store.getOrLoad("k", () => 1);
    await rejection(store.getOrLoad("l", () => undefined as never));
    const asked = store.getOrLoad("m", async () => 1);
    store.delete("m");
    await asked;
    expect(clock.pendingTimers).toBe(0);
    expect(coreOf(store as unknown as StoreView).hub.isHeard).toBe(false);
  });
});
