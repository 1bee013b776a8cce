/** Promises of contract 6, as far as the store has them: tags, and finding by them, by index and in order. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type FindOptions } from "../../ts/index.js";
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

describe("find", () => {
  const store = createStore();
  store.set("b", 1, { tags: ["red", "big"] });
  store.set("a", 1, { tags: ["red"] });
  store.set("x:c", 1, { tags: ["big"] });
  store.set("x:d", 1, { tags: ["red", "big", "new"] });
  store.set("none", 1);
  const found = (options: FindOptions) => [...store.find(options)];

  it("combines its conditions", () => {
    expect(found({ allTags: ["red"] })).toEqual(["a", "b", "x:d"]);
    expect(found({ allTags: ["red", "big"] })).toEqual(["b", "x:d"]);
    expect(found({ allTags: new Set(["red", "missing"]) })).toEqual([]);
    expect(found({ anyTags: ["new", "red"] })).toEqual(["a", "b", "x:d"]);
    expect(found({ anyTags: ["missing"] })).toEqual([]);
    expect(found({ allTags: ["big"], anyTags: ["red", "missing"] })).toEqual(["b", "x:d"]);
    expect(found({ allTags: ["big"], prefix: "x:" })).toEqual(["x:c", "x:d"]);
    expect(found({ prefix: "x:" })).toEqual(["x:c", "x:d"]);
    expect(found({ allTags: ["red", "red"], anyTags: ["big", "big"] })).toEqual(["b", "x:d"]);
  });

  it("takes no tags of all for all, and no tags of any for none", () => {
    expect(found({})).toEqual(["a", "b", "none", "x:c", "x:d"]);
    expect(found({ allTags: [] })).toEqual(["a", "b", "none", "x:c", "x:d"]);
    expect(found({ anyTags: [] })).toEqual([]);
    expect(found({ allTags: ["red"], anyTags: [] })).toEqual([]);
    expect(found({ allTags: undefined, anyTags: undefined, prefix: undefined })).toEqual(["a", "b", "none", "x:c", "x:d"]);
  });

  it("does not confuse tags that begin alike", () => {
    const other = createStore();
    ["a", "ab", "a\0", "", "a:b", "b"].forEach((tag, index) => {
      other.set(`k${index}`, 1, { tags: [tag] });
    });
    expect(["a", "ab", "a\0", "", "a:b", "b"].map((tag) => [...other.find({ allTags: [tag] })])).toEqual(
      Array.from({ length: 6 }, (_, index) => [`k${index}`]),
    );
  });

  it("is refused for what is no condition", () => {
    for (const options of [undefined, null, "red", 5]) expectError(() => store.find(options as never), "INVALID_ARGUMENT", "options");
    for (const tags of ["red", 5, null, {}]) {
      expectError(() => store.find({ allTags: tags as never }), "INVALID_ARGUMENT", "allTags");
      expectError(() => store.find({ anyTags: tags as never }), "INVALID_ARGUMENT", "anyTags");
    }
    expectError(() => store.find({ allTags: [5 as never] }), "INVALID_ARGUMENT", "allTags");
    expectError(() => store.find({ prefix: 5 as never }), "INVALID_ARGUMENT", "prefix");
  });

  it("agrees with a scan, on stores and scopes, while tags come and go and entries expire", () => {
    const tag = fc.constantFrom("a", "b", "c", "");
    const key = fc.constantFrom("k", "s:k", "s:l", "s:t:m", "é", "😀");
    const step = fc.oneof(
      fc.tuple(fc.constant("set"), key, fc.array(tag, { maxLength: 3 }), fc.constantFrom(null, 5, 20)),
      fc.tuple(fc.constantFrom("addTag", "removeTag"), key, tag),
      fc.tuple(fc.constant("delete"), key),
      fc.tuple(fc.constant("advance"), fc.constantFrom(1, 4)),
    );
    const options = fc.record(
      { allTags: fc.array(tag, { maxLength: 2 }), anyTags: fc.array(tag, { maxLength: 2 }), prefix: fc.constantFrom("", "s", "s:", "k") },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), options, (steps, query) => {
        const { store: root, clock } = timedStore();
        for (const [what, ...parameters] of steps) {
          if (what === "set")
            root.set(parameters[0] as string, 1, { tags: parameters[1] as string[], ttl: parameters[2] as number | null });
          else if (what === "advance") clock.advance(parameters[0] as number);
          else (root[what as "delete"] as (...all: unknown[]) => unknown)(...parameters);
        }
        for (const view of [root, root.scope("s"), root.reader().scope("s").scope("t")]) {
          const scan = [...view.keys({ prefix: query.prefix })].filter((name) => {
            const tags = view.meta(name)?.tags ?? [];
            return (query.allTags ?? []).every((one) => tags.includes(one)) && (query.anyTags?.some((one) => tags.includes(one)) ?? true);
          });
          expect([...view.find(query)]).toEqual(scan);
        }
        root.dispose();
      }),
      { numRuns: 200 },
    );
  });

  it("follows an index: a rare tag among many entries is found without a scan", () => {
    const { store: large } = timedStore();
    large.setMany(
      Array.from({ length: 20_000 }, (_, index): [string, number] => [`k${index}`, index]),
      { tags: ["common"] },
    );
    large.addTag("k777", "rare");
    large.addTag("k19999", "rare");
    expect([...large.find({ allTags: ["common", "rare"] })]).toEqual(["k19999", "k777"]);
    expect([...large.find({ allTags: ["common"] })].length).toBe(20_000);
  });
});

describe("descriptions and properties", () => {
  it("change by set alone, are heard as part of it, and find nothing", () => {
    const store = createStore();
    fill(store, "k");
    const commits = subscribed(store);
    store.set("k", "k", { description: "d", properties: { p: 1 } });
    expect(commits.length).toBe(1);
    expect(store.meta("k")).toMatchObject({ description: "d", properties: { p: 1 }, version: 2 });
    expect([...store.find({ anyTags: ["d", "p"] })]).toEqual([]);
  });
});
