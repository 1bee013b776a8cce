/** Promises of contracts 1 and 3 on listings: code-point order, ranges and pages, and iterators that see the state at their start. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type ListOptions } from "../../ts/index.js";
import { contentsOf, expectError, fill, keysOf, timedStore } from "./support.js";

const byCodePoint = (a: string, b: string) => {
  const [left, right] = [a, b].map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0)) as [number[], number[]];
  const at = left.findIndex((point, index) => point !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
};

describe("the order of keys", () => {
  it("is that of code points, not of UTF-16 units", () => {
    const store = createStore();
    fill(store, "😀", "\uffff", "\ue000", "\u{10000}", "a", "é", "", "B", "b", "aa", "\u{10ffff}", "a\0", "a😀", "a\uffff");
    expect(keysOf(store)).toEqual([
      "",
      "B",
      "a",
      "a\0",
      "aa",
      "a\uffff",
      "a😀",
      "b",
      "é",
      "\ue000",
      "\uffff",
      "\u{10000}",
      "😀",
      "\u{10ffff}",
    ]);
    expect([...store.keys({ reverse: true })]).toEqual(keysOf(store).reverse());
    expect([...store.values()]).toEqual(keysOf(store));
    expect(contentsOf(store).map(([key]) => key)).toEqual(keysOf(store));
  });

  it("is that of the full key, so that a scope is one range of it", () => {
    const store = createStore();
    fill(store, "s;", "s:b", "s", "s:a", "s9", "s:", "s:a:c");
    expect(keysOf(store)).toEqual(["s", "s9", "s:", "s:a", "s:a:c", "s:b", "s;"]);
    expect(keysOf(store.scope("s"))).toEqual(["", "a", "a:c", "b"]);
  });

  it("holds for generated keys, whatever was inserted and deleted when", () => {
    const key = fc.string({ unit: fc.constantFrom("a", "b", ":", "é", "\uffff", "😀", "\u{10ffff}", "0"), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean())), (steps) => {
        const store = createStore();
        const model = new Set<string>();
        for (const [name, stays] of steps) {
          store.set(name, name);
          model.add(name);
          if (stays) continue;
          expect(keysOf(store)).toEqual([...model].sort(byCodePoint));
          store.delete(name);
          model.delete(name);
        }
        expect(keysOf(store)).toEqual([...model].sort(byCodePoint));
        store.dispose();
      }),
      { numRuns: 150 },
    );
  });
});

describe("prefix, limit, reverse and after", () => {
  const keys = ["", "a", "a:", "a:1", "a:2", "a:3", "b", "é", "\uffff", "😀", "😀1"];
  const store = createStore();
  fill(store, ...keys);
  const listed = (options?: ListOptions) => [...store.keys(options)];

  it("narrow a listing", () => {
    expect(listed({ prefix: "a:" })).toEqual(["a:", "a:1", "a:2", "a:3"]);
    expect(listed({ prefix: "a:", limit: 2 })).toEqual(["a:", "a:1"]);
    expect(listed({ prefix: "a:", limit: 2, reverse: true })).toEqual(["a:3", "a:2"]);
    expect(listed({ prefix: "a:", after: "a:1" })).toEqual(["a:2", "a:3"]);
    expect(listed({ prefix: "a:", after: "a:2", reverse: true })).toEqual(["a:1", "a:"]);
    expect(listed({ prefix: "😀" })).toEqual(["😀", "😀1"]);
    expect(listed({ prefix: "none" })).toEqual([]);
    expect(listed({ limit: 0 })).toEqual([]);
    expect(listed({ limit: 99 })).toEqual(keys);
    expect(listed({})).toEqual(keys);
    expect(listed({ prefix: undefined, limit: undefined, reverse: undefined, after: undefined })).toEqual(keys);
    expect([...store.values({ prefix: "a:", limit: 1 })]).toEqual(["a:"]);
    expect([...store.entries({ after: "😀" })]).toEqual([["😀1", "😀1"]]);
  });

  it("take for `after` any key, there or not, in the range or not", () => {
    expect(listed({ after: "" })).toEqual(keys.slice(1));
    expect(listed({ after: "a:15" })).toEqual(keys.slice(4));
    expect(listed({ after: "\u{10ffff}" })).toEqual([]);
    expect(listed({ after: "", reverse: true })).toEqual([]);
    expect(listed({ prefix: "a:", after: "A" })).toEqual(["a:", "a:1", "a:2", "a:3"]);
    expect(listed({ prefix: "a:", after: "b" })).toEqual([]);
    expect(listed({ prefix: "a:", after: "b", reverse: true })).toEqual(["a:3", "a:2", "a:1", "a:"]);
    expect(listed({ prefix: "a:", after: "A", reverse: true })).toEqual([]);
  });

  it("page through all, either way, whatever the size of the page", () => {
    for (const reverse of [false, true]) {
      for (const limit of [1, 2, 3, 100]) {
        const paged: string[] = [];
        for (let page = listed({ limit, reverse }); page.length > 0; ) {
          paged.push(...page);
          page = listed({ limit, reverse, after: page.at(-1) });
        }
        expect(paged).toEqual(reverse ? [...keys].reverse() : keys);
      }
    }
  });

  it("agree with filtering a sorted list", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ":", "é", "😀"), maxLength: 3 });
    const options = fc.record({ prefix: text, limit: fc.nat({ max: 6 }), reverse: fc.boolean(), after: text }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.uniqueArray(text, { maxLength: 20 }), options, fc.boolean(), (names, range, isScoped) => {
        const root = createStore();
        const view = isScoped ? root.scope("ab") : root;
        fill(view, ...names);
        if (isScoped) fill(root, "aa", "ab", "ab9", "ab;", "b");
        let expected = names.sort(byCodePoint).filter((name) => name.startsWith(range.prefix ?? ""));
        if (range.reverse) expected.reverse();
        const { after } = range;
        if (after !== undefined)
          expected = expected.filter((name) => (range.reverse ? byCodePoint(name, after) < 0 : byCodePoint(name, after) > 0));
        expected = expected.slice(0, range.limit);
        expect([...view.keys(range)]).toEqual(expected);
        expect([...view.values(range)]).toEqual(expected);
        root.dispose();
      }),
      { numRuns: 300 },
    );
  });

  it("hold where entries come in several batches, in ASCII and beyond it", () => {
    for (const character of ["k", "é", "😀"]) {
      const many = Array.from({ length: 2_000 }, (_, index) => `${character}${String(index).padStart(5, "0")}`);
      const large = createStore();
      fill(large, ...many);
      for (const limit of [127, 128, 129, 640, 641, 1_664, 1_665, 2_000, 2_001]) {
        expect([...large.keys({ limit })]).toEqual(many.slice(0, limit));
        expect([...large.values({ limit, reverse: true })]).toEqual(many.slice(-limit).reverse());
      }
    }
  });

  it("are refused when they are no such thing", () => {
    for (const limit of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) expectError(() => listed({ limit }), "OUT_OF_RANGE", "limit");
    expectError(() => listed({ limit: "5" as never }), "INVALID_ARGUMENT", "limit");
    expectError(() => listed({ prefix: 5 as never }), "INVALID_ARGUMENT", "prefix");
    expectError(() => listed({ after: null as never }), "INVALID_ARGUMENT", "after");
    expectError(() => listed({ reverse: 1 as never }), "INVALID_ARGUMENT", "reverse");
    expectError(() => listed(null as never), "INVALID_ARGUMENT", "options");
    expectError(() => listed("a" as never), "INVALID_ARGUMENT", "options");
    expectError(() => listed({ prefix: "\ud800" }), "INVALID_KEY", "prefix");
    expectError(() => listed({ after: "\ud800" }), "INVALID_KEY", "after");
  });
});

describe("an iterator", () => {
  it("sees the state at its start, while everything changes under it", () => {
    const { store, clock } = timedStore();
    const names = Array.from({ length: 3_000 }, (_, index) => `k${String(index).padStart(5, "0")}`);
    store.setMany(
      names.map((name) => [name, { name }]),
      { ttl: 100, tags: ["t"] },
    );
    const entries = store.entries();
    const found = store.find({ allTags: ["t"] });
    const seen: unknown[] = [entries.next().value?.[0]];
    store.delete("k00001");
    store.set("k00002", "changed");
    store.set("k00002x", "new");
    store.scope("s").set("k", 1);
    for (const [key, value] of entries) {
      seen.push((value as { name: string }).name);
      if (key === "k00100") store.clear();
      if (key === "k01000") clock.advance(100);
      if (key === "k02000") store.set("k02500", "late");
    }
    expect(seen).toEqual(names);
    expect([...found]).toEqual(names);
    expect(contentsOf(store)).toEqual([["k02500", "late"]]);
  });

  it("starts where it was asked for, not where it is first used", () => {
    const store = createStore();
    fill(store, "a");
    const iterators = [store.keys(), store.values(), store.entries()];
    store.set("b", 1);
    store.delete("a");
    expect(iterators.map((iterator) => [...(iterator as Iterable<unknown>)])).toEqual([["a"], ["a"], [["a", "a"]]]);
  });

  it("can delete what it walks over", () => {
    const store = createStore();
    fill(store, ...Array.from({ length: 200 }, (_, index) => `k${index}`));
    for (const key of store.keys()) store.delete(key);
    expect(store.size).toBe(0);
  });

  it("may be left early, before its start too, and stays ended", () => {
    const store = createStore();
    fill(store, "a", "b", "c");
    for (const key of store.keys()) if (key === "a") break;
    const early = store.keys();
    expect(early.return?.()).toEqual({ done: true, value: undefined });
    expect(early.next()).toEqual({ done: true, value: undefined });
    const partly = store.entries();
    expect(partly.next().value).toEqual(["a", "a"]);
    partly.return?.();
    expect([...partly]).toEqual([]);
    const ended = store.keys({ limit: 1 });
    expect([ended.next().done, ended.next().done, ended.next().done]).toEqual([false, true, true]);
    expect(keysOf(store)).toEqual(["a", "b", "c"]);
  });

  it("is its own iterable, and many run side by side", () => {
    const store = createStore();
    fill(store, "a", "b", "c");
    const iterator = store.keys();
    expect(iterator[Symbol.iterator]()).toBe(iterator);
    const pairs: string[] = [];
    for (const left of store.keys()) for (const right of store.keys({ after: left })) pairs.push(left + right);
    expect(pairs).toEqual(["ab", "ac", "bc"]);
  });

  it("crosses the sizes of its batches without loss", () => {
    const store = createStore();
    for (const size of [31, 32, 33, 159, 160, 161, 672, 673, 1_700]) {
      store.clear();
      const names = Array.from({ length: size }, (_, index) => String(index).padStart(6, "0"));
      store.setMany(names.map((name) => [name, name]));
      expect(keysOf(store)).toEqual(names);
      expect([...store.keys({ limit: size })]).toEqual(names);
      expect([...store.keys({ limit: size - 1, reverse: true })]).toEqual(names.slice(1).reverse());
    }
  });
});

describe("size", () => {
  it("counts live entries of the view", () => {
    const { store, clock } = timedStore();
    fill(store, "a", "s:a", "s:b");
    store.set("s:c", 1, { ttl: 5 });
    expect([store.size, store.scope("s").size, store.scope("t").size, store.reader().size]).toEqual([4, 3, 0, 4]);
    clock.advance(5);
    expect([store.size, store.scope("s").size]).toEqual([3, 2]);
  });
});
