/** Promises of contract 3 on reading and writing in one step: `update` and `increment`, on stores and on scopes. */
import { describe, expect, it } from "vitest";
import { createStore, HoldallError, type Store } from "../../ts/index.js";
import { contentsOf, errorOf, expectError, picture, subscribed, timedStore, watched } from "./support.js";

const full = { tags: ["t"], properties: { p: 1 }, description: "d" };

describe("update", () => {
  it("sets what the function makes of the value, and returns it as the store holds it", () => {
    const store = createStore();
    store.set("k", { a: 1 });
    const made = { a: 2, gone: undefined, list: [-0] };
    const returned = store.update<{ a: number; list?: number[] }>("k", (value) => ({ ...made, a: (value?.a ?? 0) + 1 }));
    expect([returned, Object.isFrozen(returned), Object.isFrozen(returned.list)]).toEqual([{ a: 2, list: [0] }, true, true]);
    expect(returned).toStrictEqual(store.get("k"));
    made.list.push(5);
    expect(store.get("k")).toEqual({ a: 2, list: [0] });
  });

  it("gives a missing or expired entry as undefined, and makes it with the store's default ttl", () => {
    const { store, clock } = timedStore({ defaultTtl: 30 });
    const seen: unknown[] = [];
    const note = (value: unknown) => seen.push(value);
    store.update("new", note);
    store.set("old", "x", { ttl: 5 });
    clock.advance(5);
    store.update("old", note);
    expect([seen, store.ttl("new"), store.ttl("old")]).toEqual([[undefined, undefined], 25, 30]);
  });

  it("gives the frozen value that get has given, and a copy of what cannot be frozen", () => {
    const store = createStore();
    store.set("k", { list: [1] });
    store.set("date", { at: new Date(5) });
    const known = store.get("k");
    store.update("k", (value) => {
      expect(value).toBe(known);
      return value ?? null;
    });
    store.update("k", (value) => {
      expect([value, Object.isFrozen(value)]).toEqual([known, true]);
      return value ?? null;
    });
    const updated = store.update<{ at: Date }>("date", (value) => {
      value?.at.setTime(6);
      return value ?? { at: new Date(0) };
    });
    updated.at.setTime(7);
    expect(store.get<{ at: Date }>("date")?.at.getTime()).toBe(6);
  });

  it("keeps the deadline and the metadata, in one commit", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 50, ...full });
    const before = store.meta("k");
    const commits = subscribed(store);
    clock.advance(10);
    store.update<number>("k", (n = 0) => n + 1);
    expect(store.meta("k")).toEqual({ ...before, version: (before?.version ?? 0) + 1, updatedAt: 1_010 });
    expect(commits.map(({ changes }) => changes.map(({ type, previous, value }) => [type, previous, value]))).toEqual([[["set", 1, 2]]]);
  });

  it("changes nothing when the function throws, or makes what cannot be stored", () => {
    const store = createStore();
    store.set("k", 1, full);
    const before = picture(store);
    const commits = subscribed(store);
    const mine = new Error("mine");
    const fail = () => {
      throw mine;
    };
    expect(errorOf(() => store.update("k", fail))).toBe(mine);
    expect(errorOf(() => store.update("missing", fail))).toBe(mine);
    for (const made of [undefined, Number.NaN, new Map(), async () => 1, Promise.resolve(1), { a: { b: Symbol("s") } }]) {
      const error = expectError(() => store.update("k", () => made as never), "INVALID_VALUE");
      expect(error.key).toBe("k");
    }
    expectError(() => store.scope("s").update("k", async () => 1 as never), "INVALID_VALUE");
    for (const change of [undefined, null, 5, {}]) expectError(() => store.update("k", change as never), "INVALID_ARGUMENT", "change");
    expectError(() => store.update(5 as never, () => 1), "INVALID_KEY");
    expect([picture(store), commits]).toEqual([before, []]);
  });

  it("does not count as a read, nor as a use when it fails", () => {
    const store = createStore({ maxEntries: 2 });
    store.set("a", 1);
    store.set("b", 1);
    errorOf(() => store.update("a", () => undefined as never));
    store.update("missing", () => 5);
    expect([contentsOf(store), store.stats().hits, store.stats().misses]).toEqual([
      [
        ["b", 1],
        ["missing", 5],
      ],
      0,
      0,
    ]);
    store.update<number>("b", (n = 0) => n + 1);
    store.set("c", 1);
    expect(contentsOf(store)).toEqual([
      ["b", 2],
      ["c", 1],
    ]);
  });

  const meanwhile: [string, (store: Store) => unknown, unknown][] = [
    ["sets it", (store) => store.set("s:k", "theirs"), "theirs"],
    ["updates it", (store) => store.update("s:k", () => "theirs"), "theirs"],
    ["tags it", (store) => store.addTag("s:k", "new"), 1],
    ["touches it", (store) => store.touch("s:k", 5), 1],
    ["deletes it", (store) => store.delete("s:k"), undefined],
    ["clears the store", (store) => store.clear(), undefined],
    [
      "deletes it and sets it again",
      (store) => {
        store.delete("s:k");
        store.set("s:k", 1);
      },
      1,
    ],
  ];
  it.each(meanwhile)("throws CONFLICT when the function itself %s, and writes nothing", (_name, act, left) => {
    const { store } = timedStore();
    store.set("s:k", 1);
    const scope = store.scope("s");
    let commits: unknown[] = [];
    const error = expectError(() => {
      scope.update("k", () => {
        act(store);
        commits = subscribed(store);
        return "mine";
      });
    }, "CONFLICT");
    expect([error.key, error.scope, store.get("s:k"), commits]).toEqual(["k", "s", left, []]);
  });

  it("throws CONFLICT when what was missing is there, and when the entry expired or was evicted meanwhile", () => {
    const { store, clock } = timedStore({ maxEntries: 1 });
    expectError(() => {
      store.update("k", () => {
        store.set("k", "theirs");
        return "mine";
      });
    }, "CONFLICT");
    expect(store.get("k")).toBe("theirs");
    store.set("k", 1, { ttl: 5 });
    expectError(() => {
      store.update("k", () => {
        clock.advance(5);
        return "mine";
      });
    }, "CONFLICT");
    expect(store.size).toBe(0);
    store.set("k", 1);
    expectError(() => {
      store.update("k", () => {
        store.set("other", 1);
        return "mine";
      });
    }, "CONFLICT");
    expect([...store.keys()]).toEqual(["other"]);
  });

  it("takes no notice of what the function does to other entries, or undoes", () => {
    const store = createStore();
    store.set("k", 1);
    store.update<number>("k", (n = 0) => {
      store.set("other", 5);
      store.update("third", () => 6);
      return n + 1;
    });
    store.update("new", () => {
      store.set("new", 1);
      store.delete("new");
      return 7;
    });
    expect(contentsOf(store)).toEqual([
      ["k", 2],
      ["new", 7],
      ["other", 5],
      ["third", 6],
    ]);
  });

  it("is noticed though it is a getter or toJSON of the new value that changes the entry", () => {
    const store = createStore();
    store.set("k", 1);
    const sly = {
      toJSON() {
        store.set("k", "theirs");
        return "mine";
      },
    };
    expectError(() => store.update("k", () => sly as never), "CONFLICT");
    expect(store.get("k")).toBe("theirs");
  });

  it("throws CLOSED when the function disposes of the store", () => {
    const store = createStore();
    expectError(() => {
      store.update("k", () => {
        store.dispose();
        return 1;
      });
    }, "CLOSED");
  });

  it("returns what it wrote, though a listener changes it again or disposes of the store", () => {
    const store = createStore();
    const end = store.watch("k", () => store.delete("k"));
    expect(store.update("k", () => ({ a: 1 }))).toEqual({ a: 1 });
    end();
    store.watch("k", () => store.dispose());
    expect(store.update("k", () => "last")).toBe("last");
  });

  it("is refused whole when the new value does not fit", () => {
    const store = createStore({ maxBytes: 10, policy: "reject" });
    store.set("k", "small");
    expectError(() => store.update("k", () => "x".repeat(10)), "QUOTA_EXCEEDED");
    expect(store.get("k")).toBe("small");
  });
});

describe("increment", () => {
  it("adds, from 0 where nothing is, and returns the sum", () => {
    const store = createStore();
    const told = watched(store);
    expect([store.increment("k"), store.increment("k", 4), store.increment("k", -6.5), store.increment("k", 0)]).toEqual([
      1, 5, -1.5, -1.5,
    ]);
    expect([store.get("k"), store.kindOf("k"), told.length]).toEqual([-1.5, "number", 4]);
    expect(store.scope("s").increment("k", -0)).toBe(0);
    expect(store.get("s:k")).toBe(0);
  });

  it("counts its ttl on creation only: a rate limit that does reset", () => {
    const { store, clock } = timedStore();
    const hit = () => store.increment("ip", 1, { ttl: "10ms" });
    expect(hit()).toBe(1);
    clock.advance(6);
    expect([hit(), store.ttl("ip")]).toEqual([2, 4]);
    clock.advance(3);
    expect([hit(), store.ttl("ip")]).toEqual([3, 1]);
    clock.advance(1);
    expect([store.has("ip"), hit(), store.ttl("ip")]).toEqual([false, 1, 10]);
    store.increment("never", 1, { ttl: null });
    store.increment("never", 1, { ttl: 5 });
    expect(store.ttl("never")).toBeNull();
  });

  it("has a new counter live for the store's default ttl, unless it says otherwise", () => {
    const { store } = timedStore({ defaultTtl: 30 });
    store.increment("a");
    store.increment("b", 1, { ttl: null });
    store.increment("c", 1, { ttl: 5 });
    store.increment("c", 1);
    expect(["a", "b", "c"].map((key) => store.ttl(key))).toEqual([30, null, 5]);
  });

  it("never brings a counter back without its deadline, however the clock moves within the call", () => {
    let time = 1_000;
    const clock = { now: () => time++, setTimer: () => 0, clearTimer: () => undefined };
    for (let ttl = 1; ttl <= 20; ttl++) {
      const store = createStore({ clock });
      for (let round = 0; round < 30; round++) {
        store.increment("k", 1, { ttl });
        expect(store.ttl("k")).not.toBeNull();
      }
      store.dispose();
    }
  });

  it("keeps the metadata", () => {
    const store = createStore();
    store.set("k", 1, full);
    store.increment("k");
    expect([store.get("k"), store.meta("k")]).toMatchObject([2, full]);
  });

  it("refuses what is no number there, bigints too", () => {
    const store = createStore();
    for (const value of ["1", 1n, null, true, [1], { a: 1 }, new Date(1), new Uint8Array(1)]) {
      store.scope("s").set("k", value);
      const before = picture(store);
      const error = expectError(() => store.scope("s").increment("k"), "TYPE_MISMATCH");
      expect([error.key, error.scope, picture(store)]).toEqual(["k", "s", before]);
    }
  });

  it("refuses steps and sums that are not finite, and options that are none", () => {
    const store = createStore();
    store.set("k", Number.MAX_VALUE);
    const before = picture(store);
    for (const by of [Number.NaN, Number.POSITIVE_INFINITY]) expectError(() => store.increment("k", by), "OUT_OF_RANGE", "by");
    expectError(() => store.increment("k", Number.MAX_VALUE), "OUT_OF_RANGE");
    for (const by of ["1", 1n, null, {}]) expectError(() => store.increment("k", by as never), "INVALID_ARGUMENT", "by");
    expectError(() => store.increment("k", 1, null as never), "INVALID_ARGUMENT", "options");
    expectError(() => store.increment("k", 1, { ttl: 0 }), "OUT_OF_RANGE", "ttl");
    expectError(() => store.increment("k", 1, { ttl: true as never }), "INVALID_ARGUMENT", "ttl");
    expectError(() => store.increment(5 as never), "INVALID_KEY");
    expect(picture(store)).toEqual(before);
    expect(errorOf(() => store.increment("k", Number.NaN))).toBeInstanceOf(HoldallError);
  });
});
