/** Promises of contract 6 on metadata: tags, properties, description, apart from the value, and each change of them a change like any other. */
import { describe, expect, it } from "vitest";
import { createStore, type Meta, type Store, type Value } from "../../ts/index.js";
import { expectError, fill, picture, subscribed, timedStore, watched } from "./support.js";

describe("tags", () => {
  it("are a set in code-point order", () => {
    const store = createStore();
    store.set("k", 1);
    expect(["b", "a", "😀", "\uffff", "b"].map((tag) => store.addTag("k", tag))).toEqual([true, true, true, true, true]);
    expect(store.meta("k")?.tags).toEqual(["a", "b", "\uffff", "😀"]);
    expect([store.removeTag("k", "b"), store.removeTag("k", "b"), store.hasTag("k", "a"), store.hasTag("k", "b")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(store.meta("k")?.tags).toEqual(["a", "\uffff", "😀"]);
  });

  it("are of live entries alone", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 5, tags: ["t"] });
    clock.advance(5);
    expect([store.addTag("k", "t"), store.removeTag("k", "t"), store.hasTag("k", "t"), store.addTag("none", "t")]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(store.size).toBe(0);
  });

  it("that change are a change of metadata: a new version, value and deadline kept", () => {
    const { store } = timedStore();
    store.set("k", { a: 1 }, { ttl: 50 });
    const told = watched(store);
    store.addTag("k", "t");
    store.addTag("k", "t");
    store.removeTag("k", "none");
    store.removeTag("k", "t");
    expect(told).toEqual([
      ["meta", "k", { a: 1 }, { a: 1 }],
      ["meta", "k", { a: 1 }, { a: 1 }],
    ]);
    expect([store.meta("k")?.version, store.ttl("k")]).toEqual([3, 50]);
  });

  it("are texts", () => {
    const store = createStore();
    store.set("k", 1);
    const before = picture(store);
    for (const tag of [undefined, null, 5, ["t"], {}]) {
      expectError(() => store.addTag("k", tag as never), "INVALID_ARGUMENT", "tag");
      expectError(() => store.removeTag("k", tag as never), "INVALID_ARGUMENT", "tag");
      expectError(() => store.hasTag("k", tag as never), "INVALID_ARGUMENT", "tag");
      expectError(() => store.addTag("missing", tag as never), "INVALID_ARGUMENT", "tag");
    }
    expectError(() => store.addTag("k", "\ud800"), "INVALID_ARGUMENT", "tag");
    expect(picture(store)).toEqual(before);
  });
});

/** Metadata without versions and times. */
const metaOf = (store: Store, key: string) => {
  const { tags, properties, description } = store.meta(key) as Meta;
  return { tags, properties, description };
};

describe("setMeta", () => {
  it("replaces the parts that are given and keeps the others", () => {
    const store = createStore();
    store.set("k", 1, { tags: ["a"], properties: { p: 1, q: 2 }, description: "d" });
    expect(store.setMeta("k", { tags: ["c", "b", "c"] })).toBe(true);
    expect(metaOf(store, "k")).toEqual({ tags: ["b", "c"], properties: { p: 1, q: 2 }, description: "d" });
    store.setMeta("k", { properties: { r: { deep: [1n] } } });
    expect(metaOf(store, "k")).toEqual({ tags: ["b", "c"], properties: { r: { deep: [1n] } }, description: "d" });
    store.setMeta("k", { description: null, tags: [] });
    expect(metaOf(store, "k")).toEqual({ tags: [], properties: { r: { deep: [1n] } }, description: null });
    store.setMeta("k", { tags: undefined, properties: {}, description: undefined });
    expect(metaOf(store, "k")).toEqual({ tags: [], properties: {}, description: null });
  });

  it("is false where nothing is, or nothing any more", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 5 });
    clock.advance(5);
    const commits = subscribed(store);
    for (const key of ["k", "none"]) {
      expect([store.setMeta(key, { tags: ["t"] }), store.setMeta(key, {}), store.setProperty(key, "p", 1)]).toEqual([false, false, false]);
      expect(store.removeProperty(key, "p")).toBe(false);
    }
    expect([store.size, commits]).toEqual([0, []]);
  });

  it("takes what meta gave, to bring it from one entry to another", () => {
    const store = createStore();
    store.set("a", 1, { tags: ["t"], properties: { p: new Date(5), toString: 1 }, description: "d" });
    store.set("b", 2, { properties: { gone: 1 } });
    store.setMeta("b", store.meta("a") as Meta);
    expect(metaOf(store, "b")).toEqual(metaOf(store, "a"));
    expect(store.meta("b")?.version).toBe(3);
  });

  it("is refused, and changes nothing, where it is no metadata", () => {
    const store = createStore();
    store.set("k", 1, { tags: ["t"], properties: { p: 1 } });
    const before = picture(store);
    for (const metadata of [undefined, null, "d", 5]) {
      expectError(() => store.setMeta("k", metadata as never), "INVALID_ARGUMENT", "metadata");
    }
    expectError(() => store.setMeta("k", { tags: "t" as never }), "INVALID_ARGUMENT", "tags");
    expectError(() => store.setMeta("k", { tags: ["u"], properties: [1] as never }), "INVALID_ARGUMENT", "properties");
    expectError(() => store.setMeta("k", { tags: ["u"], description: 5 as never }), "INVALID_ARGUMENT", "description");
    expectError(() => store.setMeta("k", { tags: ["u"], properties: { p: (() => 1) as never } }), "INVALID_VALUE", "$");
    expect(picture(store)).toEqual(before);
  });
});

describe("one property", () => {
  it("is set and removed beside the others, which keep their places", () => {
    const store = createStore();
    store.set("k", 1, { tags: ["t"], properties: { b: 1, a: 2 }, description: "d" });
    expect([store.setProperty("k", "c", [3]), store.setProperty("k", "b", "new")]).toEqual([true, true]);
    expect(Object.entries(store.meta("k")?.properties ?? {})).toEqual([
      ["b", "new"],
      ["a", 2],
      ["c", [3]],
    ]);
    expect([store.removeProperty("k", "a"), store.removeProperty("k", "a"), store.removeProperty("k", "none")]).toEqual([true, true, true]);
    expect(metaOf(store, "k")).toEqual({ tags: ["t"], properties: { b: "new", c: [3] }, description: "d" });
  });

  it("holds any value, as the value of an entry would", () => {
    const store = createStore();
    store.set("k", 1);
    const values: Value[] = ["t", "\ud800", 1.5, -0, true, null, [1, [2]], { a: { b: 1n } }, new Date(5), 7n, new Uint8Array([1, 2])];
    for (const value of values) {
      store.setProperty("k", "p", value);
      expect(store.getProperty("k", "p")).toEqual(Object.is(value, -0) ? 0 : value);
    }
  });

  it("has any name, those of Object.prototype too", () => {
    const store = createStore();
    store.set("k", 1);
    for (const name of ["", "__proto__", "constructor", "toString", "a:b", "é😀", "\0"]) {
      expect(store.getProperty("k", name)).toBeUndefined();
      store.setProperty("k", name, name);
      expect(store.getProperty("k", name)).toBe(name);
    }
    expect(Object.keys(store.meta("k")?.properties ?? {}).length).toBe(7);
  });

  it("is a copy: changing what was given or what was got changes nothing", () => {
    const store = createStore();
    const given = { list: [1], date: new Date(5) };
    store.set("k", 1, { properties: { q: given } });
    store.setProperty("k", "p", given);
    given.list.push(2);
    given.date.setTime(0);
    const got = store.getProperty<{ date: Date; list: number[] }>("k", "p");
    got?.date.setTime(0);
    const meta = store.meta("k") as Meta;
    (meta.tags as string[]).push("t");
    (meta.properties as Record<string, Value>).q = 5;
    const expected = { list: [1], date: new Date(5) };
    expect([store.getProperty("k", "p"), store.getProperty("k", "q"), store.meta("k")?.tags]).toEqual([expected, expected, []]);
    store.setProperty("k", "frozen", { list: [1] });
    expect(Object.isFrozen(store.getProperty<{ list: number[] }>("k", "frozen")?.list)).toBe(true);
  });

  it("is undefined where the entry or the property is missing", () => {
    const store = createStore();
    store.set("k", 1, { properties: { p: null } });
    expect([store.getProperty("k", "p"), store.getProperty("k", "q"), store.getProperty("none", "p")]).toEqual([
      null,
      undefined,
      undefined,
    ]);
  });

  it("has a name that is a text, and a value that can be stored", () => {
    const store = createStore();
    store.set("k", 1);
    const before = picture(store);
    for (const name of [undefined, null, 5, ["p"], {}]) {
      expectError(() => store.setProperty("k", name as never, 1), "INVALID_ARGUMENT", "name");
      expectError(() => store.removeProperty("k", name as never), "INVALID_ARGUMENT", "name");
      expectError(() => store.getProperty("k", name as never), "INVALID_ARGUMENT", "name");
    }
    expectError(() => store.setProperty("k", "\ud800", 1), "INVALID_ARGUMENT", "name");
    const error = expectError(() => store.scope("s").setProperty("k", "p", { cb: () => 1 } as never), "INVALID_VALUE", "$.cb");
    expect([error.key, error.scope]).toEqual(["k", "s"]);
    expect(picture(store)).toEqual(before);
  });
});

describe("a change of metadata", () => {
  const changes: [string, (store: Store) => unknown][] = [
    ["setMeta", (store) => store.setMeta("k", { tags: ["t"], description: "d", properties: { p: [1] } })],
    ["setProperty", (store) => store.setProperty("k", "p", { a: 1 })],
    ["removeProperty", (store) => store.removeProperty("k", "old")],
    ["addTag", (store) => store.addTag("k", "t")],
    ["removeTag", (store) => store.removeTag("k", "old")],
  ];

  it.each(changes)("is a change like any other, by %s: a version, an event, value and deadline kept", (_, change) => {
    const { store, clock } = timedStore();
    store.set("k", { a: 1 }, { ttl: 50, tags: ["old"], properties: { old: 1 } });
    const value = store.get("k");
    const told = watched(store);
    const byKey: number[] = [];
    store.watch("k", ({ version }) => byKey.push(version));
    clock.advance(10);
    expect(change(store)).toBe(true);
    expect([told, byKey]).toEqual([[["meta", "k", { a: 1 }, { a: 1 }]], [2]]);
    expect(store.meta("k")).toMatchObject({ version: 2, createdAt: 1_000, updatedAt: 1_010, deadline: 1_050 });
    expect([store.get("k"), store.ttl("k")]).toEqual([value, 40]);
  });

  it.each(changes)("that changes nothing is no commit, by %s", (_, change) => {
    const { store, clock } = timedStore();
    store.set("k", { a: 1 }, { tags: ["old"], properties: { old: 1 } });
    change(store);
    const commits = subscribed(store);
    const before = picture(store);
    clock.advance(10);
    expect([change(store), store.setMeta("k", {})]).toEqual([true, true]);
    expect([picture(store), commits]).toEqual([before, []]);
  });

  it("that gives the same properties in another order is none", () => {
    const store = createStore();
    store.set("k", 1, { properties: { a: 1, b: 2 } });
    store.setMeta("k", { properties: { b: 2, a: 1 } });
    expect(store.meta("k")?.version).toBe(1);
  });

  it("conflicts with a compareAndSet on the version before", () => {
    const store = createStore();
    store.set("k", 1);
    store.setProperty("k", "p", 1);
    expectError(() => store.compareAndSet("k", 2, { version: 1 }), "CONFLICT");
    expect(store.compareAndSet("k", 2, { version: 2 })).toBe(3);
  });

  it("is kept by a set of the value", () => {
    const store = createStore();
    store.set("k", 1, { tags: ["t"], description: "d" });
    store.setProperty("k", "p", 1);
    store.set("k", 2);
    expect(metaOf(store, "k")).toEqual({ tags: ["t"], properties: { p: 1 }, description: "d" });
  });

  it("counts in bytes: names and encoded values, tags, description", () => {
    const store = createStore();
    store.set("k", "");
    const bytes = () => store.stats().bytes;
    store.setMeta("k", { tags: ["é"], description: "four" });
    expect(bytes()).toBe(1 + 2 + 4);
    store.setProperty("k", "né", [1, 2]);
    expect(bytes()).toBe(1 + 2 + 4 + 3 + 5);
    store.removeProperty("k", "né");
    store.setMeta("k", { tags: [], description: null });
    expect(bytes()).toBe(1);
  });

  it("is refused where it does not fit, and then changes nothing", () => {
    const { store } = timedStore({ maxBytes: 20, policy: "reject" });
    store.set("k", "value", { properties: { p: 1 } });
    const before = picture(store);
    expectError(() => store.setProperty("k", "p", "x".repeat(20)), "QUOTA_EXCEEDED");
    expectError(() => store.setMeta("k", { description: "x".repeat(20) }), "QUOTA_EXCEEDED");
    expect([picture(store), [...store.find({ property: { name: "p", value: 1 } })]]).toEqual([before, ["k"]]);
  });

  it("is of a store or its clone alone", () => {
    const store = createStore();
    store.set("k", 1, { properties: { p: 1 } });
    const clone = store.clone();
    clone.setProperty("k", "p", 2);
    store.setMeta("k", { tags: ["t"] });
    expect([metaOf(store, "k"), metaOf(clone, "k")]).toEqual([
      { tags: ["t"], properties: { p: 1 }, description: null },
      { tags: [], properties: { p: 2 }, description: null },
    ]);
    expect([...clone.find({ allTags: ["t"] }), ...store.find({ property: { name: "p", value: 2 } })]).toEqual([]);
  });

  it("comes with the value where set gives both: one commit", () => {
    const store = createStore();
    fill(store, "k");
    const commits = subscribed(store);
    store.set("k", "k", { description: "d", properties: { p: 1 } });
    expect(commits.length).toBe(1);
    expect(store.meta("k")).toMatchObject({ description: "d", properties: { p: 1 }, version: 2 });
  });
});
