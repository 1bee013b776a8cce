/** Promises of contract 2 within the store: nothing that goes in or comes out is shared with it, and what is read keeps its identity. */
import { describe, expect, it } from "vitest";
import { type Change, createStore, type Value } from "../../ts/index.js";
import { contentsOf, expectError, subscribed, timedStore } from "./support.js";

interface Order {
  readonly id: number;
  readonly lines: readonly { readonly item: string; readonly count: number }[];
}
const order = () => ({ id: 1, lines: [{ item: "tea", count: 2 }] });

describe("changing what was set", () => {
  it("changes nothing of the store", () => {
    const store = createStore();
    const mine = order();
    store.set("a", mine);
    store.setMany([["b", mine]]);
    store.compareAndSet("c", mine, { version: 0 });
    store.set("d", 1, { properties: { mine }, tags: ["t"] });
    mine.lines.push({ item: "cake", count: 1 });
    (mine.lines[0] as { item: string }).item = "poison";
    expect(["a", "b", "c"].map((key) => store.get(key))).toEqual([order(), order(), order()]);
    expect(store.meta("d")?.properties).toEqual({ mine: order() });
  });

  it("holds for dates and bytes, alone and within", () => {
    const store = createStore();
    const date = new Date(5);
    const bytes = new Uint8Array([1, 2]);
    store.setMany(Object.entries({ date, bytes, both: { date, bytes } }));
    date.setTime(6);
    bytes.fill(9);
    expect(contentsOf(store)).toEqual([
      ["both", { date: new Date(5), bytes: new Uint8Array([1, 2]) }],
      ["bytes", new Uint8Array([1, 2])],
      ["date", new Date(5)],
    ]);
  });

  it("holds for what a listener is handed while the caller's object changes", () => {
    const store = createStore();
    const mine = order();
    const heard: unknown[] = [];
    store.watch(({ value }) => {
      mine.id = 99;
      heard.push(value);
    });
    store.set("a", mine);
    expect([heard, store.get("a")]).toEqual([[order()], order()]);
  });

  it("does not freeze it", () => {
    const store = createStore();
    const mine = order();
    store.set("a", mine);
    store.get("a");
    expect([Object.isFrozen(mine), Object.isFrozen(mine.lines)]).toEqual([false, false]);
  });
});

describe("what is read", () => {
  it("is frozen throughout, by every way of reading", () => {
    const store = createStore();
    store.set("k", order());
    const told: Change[] = [];
    store.watch((change) => told.push(change));
    const commits = subscribed(store);
    store.set("k", order());
    const read = [
      store.get("k"),
      store.getOrThrow("k"),
      store.getOrDefault("k", 1 as Value),
      store.peek("k"),
      store.getMany(["k"])[0],
      [...store.values()][0],
      [...store.entries()][0]?.[1],
      told[0]?.value,
      told[0]?.previous,
      commits[0]?.changes[0]?.value,
      store.scope("s").getOrDefault("none", store.get("k")),
    ] as unknown as Order[];
    for (const value of read) {
      expect(value).toEqual(order());
      expect([value, value.lines, value.lines[0]].map(Object.isFrozen)).toEqual([true, true, true]);
      expect(() => ((value as { id: number }).id = 2)).toThrow(TypeError);
      expect(() => (value.lines as unknown[]).push(1)).toThrow(TypeError);
    }
    expect(store.get("k")).toEqual(order());
  });

  it("keeps its identity until the entry changes, in every view", () => {
    const store = createStore();
    const scope = store.scope("s");
    scope.set("k", order());
    const first = scope.get("k");
    expect(scope.get("k")).toBe(first);
    expect(scope.peek("k")).toBe(first);
    expect(scope.getOrThrow("k")).toBe(first);
    expect(scope.getMany(["k", "k"])).toEqual([first, first]);
    expect(store.get("s:k")).toBe(first);
    expect(store.reader().scope("s").get("k")).toBe(first);
    store.set("other", 1);
    expect(scope.get("k")).toBe(first);
    store.set("s:k", order());
    expect(scope.get("k")).toEqual(first);
    expect(scope.get("k")).not.toBe(first);
    expect(scope.get("k")).toBe(store.get("s:k"));
  });

  it("keeps showing the state that it was read in", () => {
    const store = createStore();
    store.set("k", order());
    const before = store.get("k");
    store.set("k", { id: 2 });
    store.clear();
    expect(before).toEqual(order());
  });

  it("is decoded afresh where it holds a date or bytes, so that changing it changes nothing", () => {
    const store = createStore();
    store.set("date", new Date(5));
    store.set("bytes", new Uint8Array([1, 2]));
    store.set("both", { date: new Date(5), list: [new Uint8Array([1])] });
    for (const key of ["date", "bytes", "both"]) expect(store.get(key)).not.toBe(store.get(key));
    store.get<Date>("date")?.setTime(0);
    (store.get("bytes") as Uint8Array).fill(0);
    const both = store.get<{ date: Date; list: Uint8Array[] }>("both");
    both?.date.setTime(0);
    both?.list[0]?.fill(0);
    expect(contentsOf(store)).toEqual([
      ["both", { date: new Date(5), list: [new Uint8Array([1])] }],
      ["bytes", new Uint8Array([1, 2])],
      ["date", new Date(5)],
    ]);
    expect(store.meta("date")?.version).toBe(1);
  });

  it("gives bytes a buffer of their own, in events too", () => {
    const store = createStore();
    const heard: Change[] = [];
    store.watch((change) => heard.push(change));
    store.set("k", new Uint8Array([1, 2, 3]));
    store.set("k", new Uint8Array([4]));
    const buffers = [store.get("k"), [...store.values()][0], heard[1]?.previous, heard[1]?.value].map(
      (bytes) => (bytes as Uint8Array).buffer,
    );
    expect(buffers.map(({ byteLength }) => byteLength)).toEqual([1, 1, 3, 1]);
  });

  it("is not touched by growing memory", () => {
    const store = createStore();
    store.set("bytes", new Uint8Array(1000).fill(7));
    store.set("text", "t".repeat(1000));
    const bytes = store.get<Uint8Array>("bytes");
    const listing = store.entries();
    store.set("large", "x".repeat(40 * 2 ** 20));
    expect(bytes?.every((byte) => byte === 7)).toBe(true);
    expect([...listing].map(([key]) => key)).toEqual(["bytes", "text"]);
    expect(store.get("text")).toBe("t".repeat(1000));
    expect(store.get<string>("large")?.length).toBe(40 * 2 ** 20);
    store.dispose();
  });
});

describe("getMutable", () => {
  it("gives a deep copy to edit, a new one each time", () => {
    const store = createStore();
    store.set("k", order());
    const copy = store.getMutable<ReturnType<typeof order>>("k");
    copy?.lines.push({ item: "cake", count: 1 });
    expect(copy?.lines.length).toBe(2);
    expect(store.get("k")).toEqual(order());
    expect(store.getMutable("k")).toEqual(order());
    if (copy !== undefined) store.set("k", copy);
    expect(store.get<Order>("k")?.lines.length).toBe(2);
  });

  it("is undefined where nothing is, and the value where there is nothing to copy", () => {
    const { store, clock } = timedStore();
    store.setMany(Object.entries({ text: "t", number: 1, null: null, date: new Date(1), big: 5n }));
    store.set("gone", {}, { ttl: 1 });
    clock.advance(1);
    expect(["text", "number", "null", "date", "big", "gone", "none"].map((key) => store.getMutable(key))).toEqual([
      "t",
      1,
      null,
      new Date(1),
      5n,
      undefined,
      undefined,
    ]);
  });
});

describe("a refused value", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const refused: [string, unknown, string][] = [
    ["undefined", undefined, "$"],
    ["a function", () => 1, "$"],
    ["a symbol", Symbol("s"), "$"],
    ["NaN", Number.NaN, "$"],
    ["infinity", Number.NEGATIVE_INFINITY, "$"],
    ["an invalid date", new Date(Number.NaN), "$"],
    ["a map", new Map(), "$"],
    ["another typed array", new Uint16Array(1), "$"],
    ["a cycle", cyclic, "$.self"],
    ["a function deep within", { items: [1, 2, 3, { cb: () => 1 }] }, "$.items[3].cb"],
  ];

  it.each(refused)("changes nothing and is named by its place: %s", (_, value, place) => {
    const store = createStore();
    store.set("k", 1, { tags: ["t"] });
    const version = store.meta("k")?.version;
    const commits = subscribed(store);
    for (const call of [
      () => store.set("k", value as Value),
      () => store.set("k", value as Value, { tags: ["u"] }),
      () => store.compareAndSet("k", value as Value, { version: 1 }),
      () =>
        store.setMany([
          ["k", 2],
          ["l", value as Value],
        ]),
      () => store.set("k", 2, { properties: { p: value as Value } }),
      () => store.setProperty("k", "p", value as Value),
    ]) {
      expectError(call, "INVALID_VALUE", place);
    }
    expect([contentsOf(store), store.meta("k")?.version, store.meta("k")?.tags, commits]).toEqual([[["k", 1]], version, ["t"], []]);
  });
});
