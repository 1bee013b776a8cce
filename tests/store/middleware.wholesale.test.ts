/** Commits of many entries pass middleware as one list: transactions, merges, restores and imports. */
import { describe, expect, it } from "vitest";
import { createStore, type Store, type Write } from "../../ts/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { contentsOf, startTime, subscribed } from "./support.js";

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
  it("is shown what the body came to, as one list, when it commits", () => {
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
      ["delete", "gone"],
      ["set", "a"],
      ["set", "s:b"],
    ]);
    expect(lists[1]?.[1]).toMatchObject({ value: 2, tags: ["t"] });
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
