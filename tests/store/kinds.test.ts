/** Promises of contract 2 on kinds and shapes: keysByKind, schemaOf, findBySchema. `kindOf` is in `reading.test.ts`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type ShapePattern, type Value, type ValueKind } from "../../ts/index.js";
import { expectError, timedStore } from "./support.js";

const kinds: readonly ValueKind[] = ["string", "number", "boolean", "null", "array", "object", "date", "bigint", "bytes"];

/** A value of every encoding, under a key that begins with its kind. */
const samples: [string, Value][] = [
  ["string:a", "a"],
  ["string:b", "\ud800"],
  ["number:a", 1.5],
  ["boolean:a", false],
  ["null:a", null],
  ["array:a", [1]],
  ["array:b", [1n]],
  ["array:c", [new Date(0)]],
  ["object:a", {}],
  ["object:b", { a: 1n }],
  ["object:c", { a: new Uint8Array(1) }],
  ["date:a", new Date(0)],
  ["bigint:a", 1n],
  ["bytes:a", new Uint8Array(1)],
];

/** Any value that a store holds, to a few levels. */
const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Value>("text", 1, true, null, 5n),
    fc.constant(null).map(() => new Date(0)),
    fc.constant(null).map(() => new Uint8Array(2)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "10", "", "__proto__", "constructor"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

describe("keysByKind", () => {
  const store = createStore();
  store.setMany(samples);
  const keysOf = (kind: ValueKind) => samples.map(([key]) => key).filter((key) => key.startsWith(`${kind}:`));

  it.each(kinds)("gives the keys of one kind, however the values are stored: %s", (kind) => {
    expect([...store.keysByKind(kind)]).toEqual(keysOf(kind));
    expect([...store.find({ kind })]).toEqual(keysOf(kind));
  });

  it("gives those of several kinds, in the order of keys, and of none for none", () => {
    expect([...store.keysByKind(["object", "array", "object"])]).toEqual([...keysOf("array"), ...keysOf("object")]);
    expect([...store.keysByKind(new Set(kinds))]).toEqual([...store.keys()]);
    expect([...store.keysByKind([])]).toEqual([]);
  });

  it("takes the other conditions of find", () => {
    const other = store.clone();
    other.addTag("object:b", "t");
    other.addTag("array:a", "t");
    expect([...other.keysByKind("object", { allTags: ["t"] })]).toEqual(["object:b"]);
    expect([...other.keysByKind(["object", "array"], { prefix: "o", anyTags: ["t"] })]).toEqual(["object:b"]);
    expect([...other.scope("object").keysByKind("object")]).toEqual(["a", "b", "c"]);
  });

  it("follows values from kind to kind, on clones as well", () => {
    const { store: other, clock } = timedStore();
    for (let index = 0; index < 500; index++) other.set(`k${index}`, index, { ttl: index % 2 === 0 ? 10 : null });
    other.set("k7", "seven");
    other.set("k8", [8], { keepTtl: true });
    expect([...other.keysByKind(["string", "array"])]).toEqual(["k7", "k8"]);
    const clone = other.clone();
    other.set("k7", 7);
    other.set("k9", "nine");
    clone.delete("k7");
    expect([...other.keysByKind("string"), ...clone.keysByKind("string")]).toEqual(["k9"]);
    clock.advance(10);
    expect([[...other.keysByKind("number")].length, [...other.keysByKind("array")], [...clone.keysByKind("array")]]).toEqual([249, [], []]);
  });

  it("is refused for what is no kind", () => {
    for (const kind of [undefined, null, 5, "text", ["text"], {}]) {
      expectError(() => store.keysByKind(kind as never), "INVALID_ARGUMENT", "kind");
    }
    expectError(() => store.keysByKind("string", 5 as never), "INVALID_ARGUMENT", "options");
    expectError(() => store.keysByKind("string", { tag: "t" } as never), "INVALID_ARGUMENT", "options.tag");
  });
});

describe("schemaOf", () => {
  it("names the kind of what holds nothing else", () => {
    const store = createStore();
    store.setMany(samples);
    const leaves = ["string:a", "string:b", "number:a", "boolean:a", "null:a", "date:a", "bigint:a", "bytes:a"];
    expect(leaves.map((key) => store.schemaOf(key))).toEqual(["string", "string", "number", "boolean", "null", "date", "bigint", "bytes"]);
    expect([store.schemaOf("object:a"), store.schemaOf("array:a"), store.schemaOf("object:c")]).toEqual([{}, ["number"], { a: "bytes" }]);
  });

  it("gives an object the shape of each property, an array each shape of its elements once", () => {
    const store = createStore();
    store.set("k", {
      id: "o-1",
      lines: [
        { sku: "a", count: 1 },
        { count: 2, sku: "b" },
        { sku: "c", count: null },
      ],
      placed: new Date(0),
      nested: { list: [[1, "a"], ["b", 2], []], empty: {} },
      left: undefined,
    });
    expect(store.schemaOf("k")).toEqual({
      id: "string",
      lines: [
        { count: "null", sku: "string" },
        { count: "number", sku: "string" },
      ],
      nested: { empty: {}, list: [["number", "string"], []] },
      placed: "date",
    });
  });

  it("is undefined where nothing is, or nothing any more", () => {
    const { store, clock } = timedStore();
    store.set("k", { a: 1 }, { ttl: 5 });
    expect(store.schemaOf("k")).toEqual({ a: "number" });
    clock.advance(5);
    expect([store.schemaOf("k"), store.schemaOf("none")]).toEqual([undefined, undefined]);
  });

  it("keeps names such as __proto__ as names", () => {
    const store = createStore();
    store.set("k", JSON.parse('{"__proto__": {"toJSON": 1}, "constructor": []}') as Value);
    expect(Object.entries(store.schemaOf("k") ?? {})).toEqual([
      ["__proto__", { toJSON: "number" }],
      ["constructor", []],
    ]);
  });

  it("reads as deep as values go", () => {
    const store = createStore();
    let value: Value = 1;
    for (let depth = 0; depth < 500; depth++) value = depth % 2 === 0 ? [value] : { a: value };
    store.set("k", value);
    const shape = store.schemaOf("k") as ShapePattern;
    expect(JSON.stringify(shape)).toBe(JSON.stringify(value).replace("1", '"number"'));
    expect([...store.findBySchema(shape)]).toEqual(["k"]);
  });

  it("gives equal texts for equal shapes, whatever the order of properties and elements", () => {
    const store = createStore();
    store.set("a", { x: [1, "a", { b: 1, a: 2 }], y: 1, 10: [] });
    store.set("b", { 10: [], y: 5, x: [{ a: 2, b: 9 }, "b", "c", 7] });
    expect(JSON.stringify(store.schemaOf("a"))).toBe(JSON.stringify(store.schemaOf("b")));
  });
});

describe("findBySchema", () => {
  const store = createStore();
  store.set("a", { id: 1, lines: [] });
  store.set("b", { id: 2, lines: [{ sku: "x", count: 1 }], paid: true }, { tags: ["t"] });
  store.set("c", { id: "3", lines: [{ sku: "x" }, { sku: null }] });
  store.set("d", [1, 2]);
  store.set("e", ["a", 1]);
  store.set("f", []);
  store.set("g", "text");
  store.set("h", { id: 4n, at: new Date(0), raw: new Uint8Array(1) });
  const found = (pattern: ShapePattern) => [...store.findBySchema(pattern)];

  it("matches objects that have at least the properties asked for", () => {
    expect(found({ id: "number" })).toEqual(["a", "b"]);
    expect(found({ id: "number", paid: "boolean" })).toEqual(["b"]);
    expect(found({ id: "bigint", at: "date", raw: "bytes" })).toEqual(["h"]);
    expect(found({ missing: "null" })).toEqual([]);
    expect(found(JSON.parse('{"toString": "string"}') as ShapePattern)).toEqual([]);
    expect(found({})).toEqual(["a", "b", "c", "h"]);
  });

  it("matches arrays each of whose elements matches one of the shapes", () => {
    expect(found(["number"])).toEqual(["d", "f"]);
    expect(found(["number", "string"])).toEqual(["d", "e", "f"]);
    expect(found([])).toEqual(["d", "e", "f"]);
    expect(found({ lines: [{ sku: "string" }] })).toEqual(["a", "b"]);
    expect(found({ lines: [{ sku: "string" }, { sku: "null" }] })).toEqual(["a", "b", "c"]);
    expect(found({ lines: [{ sku: "string", count: "number" }] })).toEqual(["a", "b"]);
  });

  it("takes the name of any kind", () => {
    expect(found("string")).toEqual(["g"]);
    expect(found("object")).toEqual(["a", "b", "c", "h"]);
    expect(found({ lines: "array", id: "string" })).toEqual(["c"]);
    expect(found(["object"])).toEqual(["f"]);
  });

  it("takes the other conditions of find, and scopes", () => {
    expect([...store.findBySchema({ id: "number" }, { allTags: ["t"] })]).toEqual(["b"]);
    expect([...store.findBySchema({ id: "number" }, { prefix: "a" })]).toEqual(["a"]);
    const other = createStore();
    other.set("s:k", { a: 1 });
    other.set("k", { a: 1 });
    expect([...other.reader().scope("s").findBySchema({ a: "number" })]).toEqual(["k"]);
  });

  it("sees the state, and the pattern, as they were at its start", () => {
    const other = createStore();
    for (let index = 0; index < 100; index++) other.set(`k${index}`, { a: index });
    const pattern: Record<string, ShapePattern> = { a: "number" };
    const keys = other.findBySchema(pattern);
    pattern.a = "string";
    other.clear();
    expect([...keys].length).toBe(100);
  });

  it("finds each value by its own shape, and by every part of that", () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1, maxLength: 8 }), (values) => {
        const other = createStore();
        values.forEach((value, index) => {
          other.set(`k${index}`, value);
        });
        values.forEach((_, index) => {
          const shape = other.schemaOf(`k${index}`) as ShapePattern;
          expect([...other.findBySchema(shape)]).toContain(`k${index}`);
          if (typeof shape === "string" || Array.isArray(shape)) return;
          for (const [name, part] of Object.entries(shape)) {
            expect([...other.findBySchema(Object.fromEntries([[name, part]]))]).toContain(`k${index}`);
          }
        });
        other.dispose();
      }),
      { numRuns: 150 },
    );
  });

  it("is refused for what is no pattern", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const pattern of [undefined, null, 5, "text", "", ["text"], { a: 1 }, { a: [null] }, new Map(), new Date(), cyclic]) {
      expectError(() => store.findBySchema(pattern as never), "INVALID_ARGUMENT", "pattern");
    }
    expectError(() => store.findBySchema({}, 5 as never), "INVALID_ARGUMENT", "options");
  });
});
