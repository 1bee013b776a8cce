/** Promises of contract 3 on reading: what each call gives for what is there, what is missing, and what has expired. */
import { describe, expect, it } from "vitest";
import { createStore, NotFoundError, type Value } from "../../ts/index.js";
import { expectError, fill, timedStore } from "./support.js";

describe("a missing key", () => {
  it("is undefined, absent and an error, as one asks", () => {
    const store = createStore();
    expect([store.get("k"), store.peek("k"), store.getMutable("k"), store.has("k"), store.getOrDefault("k", 5)]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
      5,
    ]);
    expect([store.ttl("k"), store.meta("k"), store.kindOf("k"), store.hasTag("k", "t")]).toEqual([undefined, undefined, undefined, false]);
    const error = expectError(() => store.getOrThrow("k"), "NOT_FOUND");
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ name: "NotFoundError", key: "k", expired: false });
  });
});

describe("null, false, 0 and the empty text", () => {
  const values: [string, Value][] = Object.entries({
    null: null,
    false: false,
    zero: 0,
    "empty text": "",
    "zero, big": 0n,
    list: [],
    object: {},
  });
  it.each(values)("are values, not missing: %s", (_, value) => {
    const store = createStore();
    store.set("k", value);
    for (let round = 0; round < 2; round++) {
      expect(store.get("k")).toEqual(value);
      expect(store.peek("k")).toEqual(value);
      expect(store.getMutable("k")).toEqual(value);
      expect(store.getOrThrow("k")).toEqual(value);
      expect(store.getOrDefault<Value>("k", "default")).toEqual(value);
      expect(store.getMany(["k"])).toEqual([value]);
    }
    expect([store.has("k"), store.size, [...store.values()]]).toEqual([true, 1, [value]]);
    expect(store.delete("k")).toBe(true);
    expect(store.getOrDefault<Value>("k", "default")).toBe("default");
  });
});

describe("an expired entry", () => {
  it("reads as missing, and getOrThrow knows that it has expired", () => {
    const { store, clock } = timedStore();
    const scope = store.scope("s");
    scope.set("k", 1, { ttl: 10 });
    expect(scope.getOrThrow("k")).toBe(1);
    clock.advance(10);
    expect([scope.get("k"), scope.getOrDefault("k", 2), scope.has("k"), scope.delete("k")]).toEqual([undefined, 2, false, false]);
    expect(expectError(() => scope.getOrThrow("k"), "NOT_FOUND")).toMatchObject({ key: "k", scope: "s", expired: true });
  });

  it("is no longer expired once it was set and deleted again", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 10 });
    clock.advance(10);
    store.set("k", 2);
    expect(store.getOrThrow("k")).toBe(2);
    store.delete("k");
    expect(expectError(() => store.getOrThrow("k"), "NOT_FOUND")).toMatchObject({ expired: false });
  });
});

describe("kindOf", () => {
  it("tells the kind of each value", () => {
    const store = createStore();
    const values: [string, Value][] = [
      ["string", "a"],
      ["string", "\ud800"],
      ["number", 1.5],
      ["boolean", false],
      ["null", null],
      ["array", [1]],
      ["array", [1n]],
      ["array", [new Date(0)]],
      ["object", {}],
      ["object", { a: 1n }],
      ["object", { a: new Uint8Array(1) }],
      ["date", new Date(0)],
      ["bigint", 1n],
      ["bytes", new Uint8Array(1)],
    ];
    for (const [kind, value] of values) {
      store.set("k", value);
      expect(store.kindOf("k")).toBe(kind);
    }
  });
});

describe("getMany", () => {
  it("gives the values in the order of the keys, from any iterable, repeated or missing", () => {
    const store = createStore();
    store.setMany([
      ["a", 1],
      ["b", null],
    ]);
    expect(store.getMany(["b", "none", "a", "b"])).toEqual([null, undefined, 1, null]);
    expect(store.getMany(new Set(["a"]))).toEqual([1]);
    expect(store.getMany(store.keys())).toEqual([1, null]);
    expect(store.getMany([])).toEqual([]);
  });
});

describe("stats", () => {
  it("count hits and misses of what is a use, and live entries", () => {
    const { store, clock } = timedStore();
    store.set("a", 1);
    store.set("b", 1, { ttl: 5 });
    store.get("a");
    store.get("a");
    store.getOrThrow("a");
    store.getOrDefault("none", 1);
    store.getMany(["a", "none"]);
    store.getMutable("a");
    store.peek("a");
    store.has("a");
    store.peek("none");
    expect(store.stats()).toMatchObject({ entries: 2, hits: 5, misses: 2, evictions: 0, expirations: 0 });
    clock.advance(5);
    store.get("b");
    expect(store.stats()).toMatchObject({ entries: 1, hits: 5, misses: 3, expirations: 1 });
  });

  it("are a copy", () => {
    const store = createStore();
    store.set("a", 1);
    const stats = store.stats() as { entries: number };
    stats.entries = 99;
    expect(store.stats().entries).toBe(1);
  });

  it("give the entries and bytes of the view, and count all else for the whole store", () => {
    const { store, clock } = timedStore({ maxEntries: 4 });
    const scope = store.scope("s");
    fill(store, "first", "second", "st", "s:due", "s:k", "s:t:k");
    store.set("s:due", 1, { ttl: 5 });
    store.addTag("s:k", "tag");
    store.get("s:k");
    scope.get("none");
    clock.advance(5);
    store.get("s:k");
    const counts = { hits: 2, misses: 1, evictions: 2, expirations: 1, memoBytes: store.stats().memoBytes };
    const nested = { ...counts, entries: 1, bytes: 2 * "s:t:k".length };
    const scoped = { ...counts, entries: 2, bytes: nested.bytes + 2 * "s:k".length + "tag".length };
    const whole = { ...counts, entries: 3, bytes: scoped.bytes + 2 * "st".length };
    for (const view of [store, store.reader()]) {
      expect(view.stats()).toEqual(whole);
      expect(view.scope("s").stats()).toEqual(scoped);
      expect(view.scope("s").scope("t").stats()).toEqual(nested);
      expect(view.isolate("s").stats()).toEqual({ ...counts, entries: 0, bytes: 0 });
    }
    store.transaction((tx) => {
      tx.set("s:new", 1);
      expect(tx.scope("s").stats()).toMatchObject({ entries: 3, bytes: scoped.bytes + "s:new".length + 1 });
    });
  });

  it("of a bounded scope reach its bound, to the byte", () => {
    const scope = createStore().scope("s", { maxBytes: 100 });
    scope.set("a", "x".repeat(100 - "s:a".length));
    expect(scope.stats()).toMatchObject({ entries: 1, bytes: 100 });
    expectError(() => scope.set("a", "x".repeat(101 - "s:a".length)), "QUOTA_EXCEEDED");
  });

  it("count live bytes exactly: UTF-8 key, encoded value, metadata", () => {
    const store = createStore();
    const bytes = () => store.stats().bytes;
    expect(bytes()).toBe(0);
    store.set("é", "😀");
    expect(bytes()).toBe(2 + 4);
    store.set("é", { a: [1, "x"] });
    expect(bytes()).toBe(2 + '{"a":[1,"x"]}'.length);
    store.set("é", 1, { tags: ["ü", "t"], properties: { pé: "v", q: [1] }, description: "né" });
    expect(bytes()).toBe(2 + 1 + (2 + 1) + (3 + 1 + 1 + 3) + 3);
    store.set("é", 12);
    expect(bytes()).toBe(2 + 2 + 3 + 8 + 3);
    store.scope("s").set("k", new Uint8Array(10));
    expect(bytes()).toBe(18 + "s:k".length + 10);
    store.addTag("s:k", "tag");
    expect(bytes()).toBe(18 + 13 + 3);
    store.removeTag("s:k", "tag");
    store.delete("é");
    expect(bytes()).toBe(13);
    store.set("d", new Date(1234), { ttl: 10_000 });
    store.set("n", -12n);
    expect(bytes()).toBe(13 + 1 + 4 + 1 + 3);
    store.clear();
    expect(bytes()).toBe(0);
  });
});
