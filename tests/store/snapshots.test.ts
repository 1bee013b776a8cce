/** Promises of contract 10 on snapshots: equal content is equal bytes, and a restore is one commit, or refused with nothing changed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type Store, type Value } from "../../ts/index.js";
import { contentsOf, expectError, keysOf, picture, subscribed, timedStore, watched } from "./support.js";
import { rich } from "./values.arbitraries.js";
import { describeValue } from "./values.support.js";

/** A small store with something of everything. */
function filled() {
  const timed = timedStore();
  const { store } = timed;
  store.set("", null);
  store.set("s:k", { deep: [1n, new Date(5)] }, { tags: ["é", "a"], properties: { z: 1, a: "x" }, description: "described", ttl: 500 });
  store.set("s:bytes", new Uint8Array([1, 2]), { ttl: 900 });
  store.set("text", "\ud800");
  return timed;
}

/** Entries without what a snapshot does not hold. */
const durable = (view: Store) =>
  keysOf(view).map((key) => {
    const { version: _, createdAt: __, updatedAt: ___, ...meta } = view.meta(key) ?? { version: 0, createdAt: 0, updatedAt: 0 };
    return [key, describeValue(view.get(key)), meta];
  });

describe("a snapshot", () => {
  it("holds values of every kind, deadlines and metadata", () => {
    const { store, clock } = filled();
    const other = createStore({ clock });
    other.set("gone", 1);
    expect(other.restore(store.snapshot())).toBe(4);
    expect(durable(other)).toEqual(durable(store));
    expect([...other.find({ allTags: ["é"] })]).toEqual(["s:k"]);
    clock.advance(500);
    expect(keysOf(other)).toEqual(["", "s:bytes", "text"]);
  });

  it("of any contents restores to the same contents and the same bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: "grapheme" }), rich, fc.array(fc.string({ unit: "grapheme" }))), { maxLength: 8 }),
        (entries) => {
          const { store } = timedStore();
          for (const [key, value, tags] of entries) store.set(key, value as Value, { tags, properties: { value: value as Value } });
          const bytes = store.snapshot();
          const other = createStore();
          expect(other.restore(bytes)).toBe(store.size);
          expect(other.snapshot()).toEqual(bytes);
          expect(durable(other)).toEqual(durable(store));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("of equal content has equal bytes, whatever the history, the times and the order of properties", () => {
    const { store, clock } = filled();
    const bytes = store.snapshot();
    const other = createStore({ clock: { ...clock, now: () => clock.now() }, maxEntries: 50, defaultTtl: "1h" });
    other.setMany(Array.from({ length: 200 }, (_, n) => [`k${n}`, n] as const).slice(0, 40));
    other.clear();
    clock.advance(100);
    other.set("text", "first");
    other.set("text", "\ud800", { ttl: null, description: "passing" });
    other.set("text", "\ud800", { ttl: null, description: null });
    other.set("s:bytes", new Uint8Array([1, 2]), { ttl: 800 });
    other.set("s:k", { deep: [1n, new Date(5)] }, { tags: ["x"], properties: { a: "x", z: 1 }, description: "described", ttl: 400 });
    other.removeTag("s:k", "x");
    other.addTag("s:k", "é");
    other.addTag("s:k", "a");
    other.set("", null, { ttl: null });
    other.get("s:k");
    expect(other.snapshot()).toEqual(bytes);
    expect([other.clone().snapshot(), store.snapshot()]).toEqual([bytes, bytes]);
    other.addTag("text", "t");
    expect(other.snapshot()).not.toEqual(bytes);
  });

  it("of a scope has its short keys, and restores into any", () => {
    const { store, clock } = filled();
    const scope = store.scope("s");
    const bytes = scope.snapshot();
    expect(scope.clone().snapshot()).toEqual(bytes);
    const other = createStore({ clock });
    other.set("outside", 1);
    other.scope("t").set("old", 1);
    expect(other.scope("t").restore(bytes)).toBe(2);
    expect(keysOf(other)).toEqual(["outside", "t:bytes", "t:k"]);
    expect(durable(other.scope("t"))).toEqual(durable(scope));
    expect(other.isolate("i").restore(bytes)).toBe(2);
    expect(other.isolate("i").snapshot()).toEqual(bytes);
    store.restore(scope.snapshot());
    expect(keysOf(store)).toEqual(["bytes", "k"]);
  });

  it("leaves out what has expired, when it is taken and when it is restored", () => {
    const { store, clock } = filled();
    const early = store.snapshot();
    clock.advance(500);
    const late = store.snapshot();
    const other = createStore({ clock });
    expect([other.restore(late), other.restore(early)]).toEqual([3, 3]);
    expect([keysOf(other), other.ttl("s:bytes")]).toEqual([["", "s:bytes", "text"], 400]);
    expect(other.snapshot()).toEqual(late);
  });

  it("is the caller's own bytes", () => {
    const { store } = filled();
    const bytes = store.snapshot();
    const copy = bytes.slice();
    store.clear();
    createStore().set("k", "x".repeat(100_000));
    expect(bytes).toEqual(copy);
    store.restore(bytes);
    bytes.fill(0);
    expect(store.snapshot()).toEqual(copy);
    expect(store.restore(new Uint8Array([0, ...copy, 0]).subarray(1, copy.length + 1))).toBe(4);
  });
});

describe("restore", () => {
  it("is one commit with its net effects", () => {
    const { store } = timedStore();
    store.setMany(Object.entries({ a: 1, b: 1, c: 1 }));
    const bytes = store.snapshot();
    store.delete("a");
    store.set("b", 2);
    store.set("d", 1);
    store.set("other", 1);
    const commits = subscribed(store);
    const told = watched(store);
    expect(store.restore(bytes)).toBe(3);
    expect(commits).toHaveLength(1);
    expect(told).toEqual([
      ["set", "a", undefined, 1],
      ["set", "b", 2, 1],
      ["set", "c", 1, 1],
      ["delete", "d", 1, undefined],
      ["delete", "other", 1, undefined],
    ]);
  });

  it("of nothing empties, and tells how many entries came", () => {
    const { store } = filled();
    expect(store.restore(createStore().snapshot())).toBe(0);
    expect(store.size).toBe(0);
    const bytes = filled().store.snapshot();
    expect([store.restore(bytes), store.restore(bytes), store.scope("x").restore(bytes)]).toEqual([4, 4, 4]);
  });

  it("drops the metadata that entries had, and what views had in memo", () => {
    const { store } = timedStore();
    store.set("k", { n: 1 });
    const bytes = store.snapshot();
    store.set("k", { n: 2 }, { tags: ["t"], properties: { p: 1 }, description: "d", ttl: 50 });
    expect(store.get("k")).toEqual({ n: 2 });
    store.restore(bytes);
    expect([store.get("k"), store.meta("k")]).toMatchObject([{ n: 1 }, { tags: [], properties: {}, description: null, deadline: null }]);
    expect([...store.find({ allTags: ["t"] })]).toEqual([]);
  });

  it("sets the timer for the deadlines that it brings", () => {
    const { store, clock } = filled();
    const bytes = store.snapshot();
    store.clear();
    const told: unknown[] = [];
    store.restore(bytes);
    store.watch((change) => told.push([change.type, change.key, clock.now()]));
    clock.advance(500);
    expect(told).toEqual([["expire", "s:k", 1500]]);
  });

  it("obeys bounds, and is refused whole", () => {
    const { store, clock } = filled();
    const bytes = store.snapshot();
    for (const options of [{ maxEntries: 3 }, { maxBytes: 20 }, { maxEntries: 3, policy: "reject" as const }]) {
      const other = createStore({ clock, ...options });
      other.set("here", 1, { tags: ["t"] });
      const before = picture(other);
      const commits = subscribed(other);
      expectError(() => other.restore(bytes), "QUOTA_EXCEEDED");
      expect([picture(other), commits, [...other.find({ allTags: ["t"] })]]).toEqual([before, [], ["here"]]);
    }
    const exact = createStore({ clock, maxEntries: 4, policy: "reject" });
    exact.setMany(Object.entries({ a: 1, b: 1, c: 1, d: 1 }));
    expect(exact.restore(bytes)).toBe(4);
    expectError(() => exact.set("more", 1), "QUOTA_EXCEEDED");
    const bounded = createStore({ clock, policy: "reject" });
    const scope = bounded.scope("s", { maxEntries: 1 });
    bounded.set("s:k", 1);
    expectError(() => bounded.restore(bytes), "QUOTA_EXCEEDED");
    expectError(() => scope.restore(bytes), "QUOTA_EXCEEDED");
    expect(contentsOf(bounded)).toEqual([["s:k", 1]]);
  });

  it("refuses keys that become too long, whole", () => {
    const { store } = timedStore();
    store.set("k".repeat(1024), 1);
    const bytes = store.snapshot();
    const before = picture(store);
    expectError(() => store.scope("s").restore(bytes), "INVALID_KEY");
    expect(picture(store)).toEqual(before);
  });

  it("refuses what is no Uint8Array", () => {
    const { store } = timedStore();
    for (const bytes of [undefined, null, "HOLDALL", [], {}, new ArrayBuffer(8), new Uint16Array(8), new DataView(new ArrayBuffer(8))]) {
      expectError(() => store.restore(bytes as never), "INVALID_ARGUMENT", "bytes");
      const sent = store.snapshot();
      structuredClone(sent, { transfer: [sent.buffer] });
      expectError(() => store.restore(sent), "INVALID_ARGUMENT", "bytes");
    }
  });

  it("refuses every truncation and every flipped byte of a small one, with nothing changed", () => {
    const bytes = filled().store.snapshot();
    const { store } = timedStore();
    store.set("here", 1, { tags: ["t"] });
    const before = picture(store);
    const commits = subscribed(store);
    for (let length = 0; length < bytes.length; length++) {
      expectError(() => store.restore(bytes.subarray(0, length)), "INVALID_SNAPSHOT");
    }
    for (let at = 0; at < bytes.length; at++) {
      for (const bits of [1, 128, 255]) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ bits;
        const isFormat = at >= 8 && at < 12;
        expectError(() => store.restore(damaged), isFormat && (at > 8 || bits > 1) ? "FORMAT_TOO_NEW" : "INVALID_SNAPSHOT");
      }
    }
    expectError(() => store.restore(new Uint8Array([...bytes, 0])), "INVALID_SNAPSHOT");
    expectError(() => store.restore(new Uint8Array([...bytes, ...bytes])), "INVALID_SNAPSHOT");
    expect([picture(store), commits]).toEqual([before, []]);
    store.restore(bytes);
    expect(store.size).toBe(4);
  });

  it("is CLOSED, as snapshot is, on what has been disposed of", () => {
    const { store } = filled();
    const bytes = store.snapshot();
    const scope = store.scope("s");
    scope.dispose();
    expectError(() => scope.snapshot(), "CLOSED");
    expectError(() => scope.restore(bytes), "CLOSED");
    expect(store.size).toBe(4);
    store.dispose();
    expectError(() => store.snapshot(), "CLOSED");
    expectError(() => store.restore(bytes), "CLOSED");
  });
});
