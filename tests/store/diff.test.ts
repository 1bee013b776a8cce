/** Promises of contract 7 on differences: keys that only one side has, or that differ in value, metadata or deadline. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type SetOptions, type Store, type Value } from "../../ts/index.js";
import { keysOf, picture, subscribed, timedStore } from "./support.js";

const none = { added: [], removed: [], changed: [] };

describe("a difference", () => {
  it("tells in key order what was added, removed and changed, seen from this side", () => {
    const { store } = timedStore();
    store.setMany(Object.entries({ "\u{1f600}": 1, "\uffff": 1, a: 1, b: 1, same: 1 }));
    const other = createStore();
    other.setMany(Object.entries({ c: 1, b: 2, a: "1", same: 1, "": 1 }));
    expect(store.diff(other)).toEqual({ added: ["", "c"], removed: ["\uffff", "\u{1f600}"], changed: ["a", "b"] });
    expect(other.diff(store)).toEqual({ added: ["\uffff", "\u{1f600}"], removed: ["", "c"], changed: ["a", "b"] });
  });

  it("is in value, tags, properties, description or deadline, and in nothing else", () => {
    const { store, clock } = timedStore();
    const other = createStore({ clock });
    const differs = (ours: [Value, SetOptions?], theirs: [Value, SetOptions?]) => {
      store.set("k", ...ours);
      other.set("k", ...theirs);
      const { changed } = store.diff(other);
      store.clear();
      other.clear();
      return changed.length === 1;
    };
    expect(differs([1], ["1"])).toBe(true);
    expect(differs(["12"], [12n])).toBe(true);
    expect(differs([{ a: 1, b: 2 }], [{ b: 2, a: 1 }])).toBe(true);
    expect(differs([1, { tags: ["a"] }], [1])).toBe(true);
    expect(differs([1, { properties: { p: null } }], [1])).toBe(true);
    expect(differs([1, { description: "" }], [1])).toBe(true);
    expect(differs([1, { ttl: 5 }], [1, { ttl: 6 }])).toBe(true);
    expect(differs([1, { ttl: 5 }], [1])).toBe(true);
    expect(differs([-0], [0])).toBe(false);
    expect(differs([1, { tags: [], properties: {}, description: null }], [1])).toBe(false);
    expect(differs([1, { tags: ["b", "a", "b"] }], [1, { tags: ["a", "b"] }])).toBe(false);
    expect(differs([1, { properties: { a: 1, b: 2 } }], [1, { properties: { b: 2, a: 1 } }])).toBe(false);
    store.set("k", 1);
    clock.advance(10);
    store.set("k", 1);
    other.set("k", 1);
    expect(store.diff(other)).toEqual(none);
  });

  it("with itself, a clone or a reader is none", () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    scope.set("k", new Date(0), { tags: ["t"], ttl: 50 });
    for (const other of [store, store.clone(), store.reader()]) expect(store.diff(other)).toEqual(none);
    for (const other of [scope, scope.clone(), scope.reader(), store.clone().scope("s")]) expect(scope.diff(other)).toEqual(none);
  });

  it("goes by short keys between scopes", () => {
    const { store } = timedStore();
    store.setMany(Object.entries({ "a:k": 1, "a:x": 1, "b:k": 2, "b:y": 1, outside: 1 }));
    expect(store.scope("a").diff(store.scope("b"))).toEqual({ added: ["y"], removed: ["x"], changed: ["k"] });
    expect(store.scope("a").diff(store.scope("b").clone().reader())).toEqual({ added: ["y"], removed: ["x"], changed: ["k"] });
  });

  it("sees no expired entry on either side, and changes neither", () => {
    const { store, clock } = timedStore();
    store.set("ours", 1, { ttl: 50 });
    store.set("k", 1);
    const other = store.clone();
    other.set("theirs", 1, { ttl: 50 });
    other.set("k", 2);
    expect(store.diff(other)).toEqual({ added: ["theirs"], removed: [], changed: ["k"] });
    clock.advance(50);
    const pictures = [picture(store), picture(other)];
    const commits = subscribed(store);
    expect(store.diff(other)).toEqual({ added: [], removed: [], changed: ["k"] });
    expect([picture(store), picture(other), commits]).toEqual([...pictures, []]);
  });

  it("between a store and what was cloned from it, after any history, is that of their contents", () => {
    type Step = readonly [side: boolean, key: number, action: "set" | "delete" | "tag" | "touch" | "clear"];
    const step: fc.Arbitrary<Step> = fc.tuple(
      fc.boolean(),
      fc.nat(400),
      fc.oneof({ weight: 20, arbitrary: fc.constantFrom("set", "delete", "tag", "touch") }, { weight: 1, arbitrary: fc.constant("clear") }),
    ) as fc.Arbitrary<Step>;
    const expected = (ours: Store, theirs: Store) => {
      const show = (store: Store) =>
        new Map(keysOf(store).map((key) => [key, JSON.stringify([store.get(key), { ...store.meta(key), version: 0 }])]));
      const [left, right] = [show(ours), show(theirs)];
      return {
        added: [...right.keys()].filter((key) => !left.has(key)),
        removed: [...left.keys()].filter((key) => !right.has(key)),
        changed: [...left.keys()].filter((key) => right.has(key) && right.get(key) !== left.get(key)),
      };
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
        const { store } = timedStore();
        store.setMany(Array.from({ length: 300 }, (_, n) => [`${n % 2 ? "s:" : ""}k${n}`, n] as const));
        const other = store.clone();
        for (const [side, n, action] of steps) {
          const target = side ? store : other;
          const key = `${n % 2 ? "s:" : ""}k${n}`;
          if (action === "set") target.set(key, n + (n % 3));
          else if (action === "delete") target.delete(key);
          else if (action === "tag") target.addTag(key, "t");
          else if (action === "touch") target.touch(key, 50);
          else target.scope("s").clear();
        }
        expect(store.diff(other)).toEqual(expected(store, other));
        expect(store.scope("s").diff(other.scope("s"))).toEqual(expected(store.scope("s"), other.scope("s")));
      }),
      { numRuns: 60 },
    );
  });
});
