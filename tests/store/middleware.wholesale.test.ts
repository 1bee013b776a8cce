/** Commits of many entries pass middleware as one list: transactions, merges, restores and imports. */
import { describe, expect, it } from "vitest";
import { createStore, type Middleware, type Store, type Write } from "../../ts/index.js";
import { type ManualClock, manualClock } from "../../ts/testing/index.js";
import { contentsOf, expectError, fill, inShort, picture, startTime, subscribed, timedStore } from "./support.js";

/** A store whose writes are noted, list by list. */
function noting(store: Store = createStore()): { store: Store; lists: (readonly Write[])[] } {
  const lists: (readonly Write[])[] = [];
  store.use({
    write(writes, next) {
      lists.push(writes);
      next();
    },
  });
  return { store, lists };
}

const brief = (list: readonly Write[] | undefined) => list?.map((write) => [write.type, "key" in write ? write.key : write.prefix]);

describe("middleware and a transaction", () => {
  it("is shown what the body wrote, as one list, when it commits", () => {
    const { store, lists } = noting();
    store.set("gone", 0);
    const commits = subscribed(store);
    store.transaction((tx) => {
      tx.set("a", 1, { tags: ["t"] });
      tx.set("a", 2);
      tx.delete("gone");
      tx.scope("s").set("b", [3]);
      expect(lists).toHaveLength(1);
    });
    expect(brief(lists[1])).toEqual([
      ["set", "a"],
      ["set", "a"],
      ["delete", "gone"],
      ["set", "s:b"],
    ]);
    expect(lists[1]?.slice(0, 2)).toMatchObject([{ value: 1, tags: ["t"] }, { value: 2 }]);
    expect(store.meta("a")?.tags).toEqual(["t"]);
    expect(commits).toHaveLength(1);
    expect(contentsOf(store)).toEqual([
      ["a", 2],
      ["s:b", [3]],
    ]);
  });

  it("refuses it whole, and lets another list take its place", () => {
    const store = createStore();
    store.use({
      write(writes, next) {
        if (writes.some((write) => write.type === "set" && write.value === "bad")) throw new Error("refused");
        next([...writes, { type: "set", key: "audit", value: writes.length }]);
      },
    });
    expect(() =>
      store.transaction((tx) =>
        tx.setMany([
          ["a", 1],
          ["b", "bad"],
        ]),
      ),
    ).toThrow("refused");
    expect(store.size).toBe(0);
    store.transaction((tx) =>
      tx.setMany([
        ["a", 1],
        ["b", 2],
      ]),
    );
    expect(contentsOf(store)).toEqual([
      ["a", 1],
      ["audit", 2],
      ["b", 2],
    ]);
  });

  it("of a scope within is shown what is the scope's", () => {
    const store = createStore();
    const { lists } = noting(store.scope("s"));
    store.transaction((tx) => {
      tx.set("a", 1);
      tx.scope("s").set("b", 2);
    });
    expect(lists.map(brief)).toEqual([[["set", "b"]]]);
    expect(store.size).toBe(2);
  });

  it("a conflict leaves nothing of the body", () => {
    const { store } = noting();
    store.set("a", 1);
    const conflict = () =>
      store.transaction((tx) => {
        tx.get("a");
        store.set("a", 2);
        tx.set("b", 1);
      });
    expect(conflict).toThrow(expect.objectContaining({ code: "CONFLICT" }));
    expect(contentsOf(store)).toEqual([["a", 2]]);
  });

  it("of an async body waits for its end", async () => {
    const { store, lists } = noting();
    await store.transaction(async (tx) => {
      tx.set("a", 1);
      await Promise.resolve();
      tx.set("b", 2);
    });
    expect(lists.map(brief)).toEqual([
      [
        ["set", "a"],
        ["set", "b"],
      ],
    ]);
  });
});

/** Middleware that changes nothing. */
const passing: Middleware = { write: (_, next) => next() };

// With any middleware that writes, even a logger, a transaction deleted whatever others had written since it began: its outcome was compared
// with the store as it was by then.
describe("what others write while a body runs", () => {
  /** A store that others write to, with a layer on the view of that scope. */
  function wrapped(scope?: string): Store {
    const store = createStore();
    store.set("seen", 1);
    (scope === undefined ? store : store.scope(scope)).use(passing);
    return store;
  }
  const order = ["order:1", { paid: true }] as const;

  it.each([undefined, "audit"])("stays, with middleware on scope %s", async (scope) => {
    const store = wrapped(scope);
    const commits = subscribed(store);
    const done = store.transaction(async (tx) => {
      tx.set("job", 5);
      await Promise.resolve();
    });
    store.set(...order);
    await done;
    expect(contentsOf(store)).toEqual([["job", 5], [...order], ["seen", 1]]);
    expect(commits.map(({ changes }) => changes.map(({ type, key }) => `${type} ${key}`))).toEqual([["set order:1"], ["set job"]]);
  });

  it("stays, though the body only reads", async () => {
    const store = wrapped();
    const done = store.transaction(async (tx) => tx.get("seen"));
    store.set(...order);
    expect([await done, store.has("order:1")]).toEqual([1, true]);
  });

  it("stays, when it is the body that writes it to the store", () => {
    const store = wrapped();
    store.transaction((tx) => {
      tx.set("mine", 1);
      store.set("other", 3);
    });
    expect(contentsOf(store)).toEqual([
      ["mine", 1],
      ["other", 3],
      ["seen", 1],
    ]);
  });

  it("stays, when it is another transaction", async () => {
    const store = wrapped();
    const writes = (key: string) =>
      store.transaction(async (tx) => {
        await Promise.resolve();
        tx.set(key, 1);
      });
    await Promise.all([writes("a"), writes("b")]);
    expect([...store.keys()]).toEqual(["a", "b", "seen"]);
  });

  it("is no conflict, where the body did not read it", async () => {
    const store = wrapped();
    const done = store.transaction(async (tx) => {
      tx.set("m", 1);
      await Promise.resolve();
    });
    store.set("m", 2);
    await done;
    expect(store.get("m")).toBe(1);
  });

  it("refuses a merge whose function wrote it, as without middleware", () => {
    const store = wrapped();
    const other = createStore();
    other.set("seen", 2);
    const merge = () =>
      store.merge(other, () => {
        store.set("noted", 1);
        return "overwrite";
      });
    expectError(merge, "CONFLICT");
    expect(contentsOf(store)).toEqual([
      ["noted", 1],
      ["seen", 1],
    ]);
  });
});

// A layer that did nothing made an event of a tag one of a value, let a ttl run from the body's time, and made others' tags a conflict.
describe("a transaction means the same with middleware that changes nothing", () => {
  const stories: [string, (store: Store, clock: ManualClock) => Promise<unknown>][] = [
    ["the kind of its events", async (store) => store.transaction((tx) => tx.addTag("a", "z"))],
    [
      "the deadlines that it sets",
      async (store, clock) => {
        const done = store.transaction(async (tx) => {
          tx.set("a", 1, { ttl: 1_000 });
          tx.touch("b", 500);
          await Promise.resolve();
        });
        clock.advance(400);
        await done;
      },
    ],
    [
      "a tag that another adds meanwhile",
      async (store) => {
        const done = store.transaction(async (tx) => {
          tx.set("a", 2);
          await Promise.resolve();
        });
        store.addTag("a", "x");
        await done;
      },
    ],
    [
      "when an entry was created that it deletes and sets",
      async (store, clock) => {
        clock.advance(5);
        store.transaction((tx) => {
          tx.delete("a");
          tx.set("a", 3);
        });
      },
    ],
    [
      "a write of its own that it changes, which another sets meanwhile",
      async (store) => {
        const done = store.transaction(async (tx) => {
          tx.set("a", 7);
          tx.increment("a");
          tx.update("a", (value) => Number(value) + 1);
          await Promise.resolve();
        });
        store.set("a", 0);
        await done;
      },
    ],
  ];
  it.each(stories)("%s", async (_name, act) => {
    const outcome = async (...layers: Middleware[]) => {
      const { store, clock } = timedStore();
      fill(store, "a", "b");
      const commits = subscribed(store);
      for (const layer of layers) store.use(layer);
      const error = await act(store, clock).catch((reason: unknown) => reason);
      return [error, picture(store), commits.map(({ changes }) => changes.map(inShort)), store.ttl("a"), store.ttl("b")];
    };
    expect(await outcome(passing)).toEqual(await outcome());
  });

  it("and passes middleware that came since only where something was wrapped as it began", async () => {
    for (const isWrapped of [false, true]) {
      const store = createStore();
      if (isWrapped) store.scope("elsewhere").use(passing);
      const done = store.transaction(async (tx) => {
        tx.set("a", 1);
        await Promise.resolve();
      });
      const { lists } = noting(store);
      await done;
      expect([store.get("a"), lists.length]).toEqual([1, isWrapped ? 1 : 0]);
    }
  });

  it("and shows its layers the calls that its body made", () => {
    const { store, lists } = noting();
    fill(store, "a");
    lists.length = 0;
    store.transaction((tx) => {
      tx.touch("a", 1_000);
      tx.addTag("a", "t");
      tx.increment("n");
      tx.scope("s").clear();
    });
    expect(lists).toEqual([
      [
        { type: "touch", key: "a", ttl: 1_000 },
        { type: "meta", key: "a", addTag: "t" },
        { type: "set", key: "n", value: 1 },
        { type: "clear", prefix: "s:" },
      ],
    ]);
  });

  it("of which what was refused is no part", () => {
    const { store, lists } = noting();
    store.transaction((tx) => {
      expectError(() => tx.compareAndSet("a", 1, { version: 7 }), "CONFLICT");
      tx.set("b", 1);
    });
    expect(lists.map(brief)).toEqual([[["set", "b"]]]);
  });
});

// With a layer on scope a, store.set("a:k") passed it by, and so did setMany and clear; merge, restore, import and transactions did not.
describe("middleware of a scope", () => {
  it("does not wrap what is called on the store around it, whatever it writes", () => {
    const store = createStore();
    store.scope("a").use({
      write() {
        throw new Error("wrapped");
      },
    });
    const other = createStore();
    other.set("a:merged", 1);
    const calls: (() => unknown)[] = [
      () => store.set("a:set", 1),
      () => store.transaction((tx) => tx.set("a:k", 1)),
      () => store.merge(other, "skip"),
      () => store.import([...other.export()], "overwrite"),
      () => store.restore(other.snapshot()),
      () => store.clear(),
    ];
    for (const call of calls) call();
    expect(() => store.transaction((tx) => tx.scope("a").set("k", 1))).toThrow("wrapped");
    expect(() => store.scope("a").merge(other, "skip")).toThrow("wrapped");
    expect(store.size).toBe(0);
  });
});

// What middleware had kept from the store was reported as merged and restored.
describe("a merge, an import and a restore that middleware does not pass on", () => {
  it("answer as if nothing had been there", () => {
    const store = createStore();
    fill(store, "k");
    const other = createStore();
    fill(other, "k", "m");
    const before = picture(store);
    store.use({ write: () => undefined });
    const nothing = { added: [], overwritten: [], skipped: [], deleted: [], collisions: [] };
    expect(store.merge(other, "overwrite")).toEqual(nothing);
    expect(store.copyFrom(other)).toEqual(nothing);
    expect(store.import([...other.export()], "skip")).toEqual(nothing);
    expect(store.restore(other.snapshot())).toBe(0);
    expect(picture(store)).toEqual(before);
  });
});

describe("middleware and merge, restore and import", () => {
  it("is shown one list each, with deadlines and metadata as they will be", () => {
    const clock = manualClock(startTime);
    const { store, lists } = noting(createStore({ clock }));
    const other = createStore({ clock });
    other.set("a", 1, { ttl: 1_000, tags: ["x"], properties: { p: 1 }, description: "d" });
    const merged = store.merge(other, "error");
    expect(merged.added).toEqual(["a"]);
    expect(lists).toEqual([[{ type: "set", key: "a", value: 1, ttl: 1_000, tags: ["x"], properties: { p: 1 }, description: "d" }]]);
    expect(store.meta("a")).toMatchObject({ deadline: startTime + 1_000, tags: ["x"], properties: { p: 1 }, description: "d" });

    const bytes = store.snapshot();
    store.set("b", 2);
    lists.length = 0;
    expect(store.restore(bytes)).toBe(1);
    expect(lists.map(brief)).toEqual([[["delete", "b"]]]);

    lists.length = 0;
    store.import('{"key":"c","value":3}\n', "skip");
    expect(lists.map(brief)).toEqual([[["set", "c"]]]);
    expect(store.snapshot()).not.toEqual(bytes);
  });

  it("refuses them whole", () => {
    const store = createStore();
    store.set("a", 1);
    const bytes = store.snapshot();
    store.clear();
    store.use({
      write() {
        throw new Error("closed for writing");
      },
    });
    const other = createStore();
    other.set("b", 2);
    for (const call of [() => store.restore(bytes), () => store.merge(other, "skip"), () => store.import([...other.export()], "skip")]) {
      expect(call).toThrow("closed for writing");
    }
    expect(store.size).toBe(0);
  });
});
