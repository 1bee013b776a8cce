/** Promises of contract 10 on JSON lines: readable, complete, a merge when they come back, and refused whole where a line is wrong. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type MergeStrategy, type Store, type Value } from "../../ts/index.js";
import { contentsOf, expectError, keysOf, picture, subscribed, timedStore } from "./support.js";
import { rich, text } from "./values.arbitraries.js";

const textOf = (store: { export(): Iterable<string> }) => [...store.export()].join("");
const line = (fields: object) => `${JSON.stringify(fields)}\n`;

/** A store with something of every kind. */
function filled(): ReturnType<typeof timedStore> {
  const timed = timedStore();
  const { store } = timed;
  store.set("text", "~d5", { tags: ["é", "b", "b"], description: "a text" });
  store.set("plain", { list: [1, null, "~x"], "": {} }, { ttl: 500 });
  store.set("date", new Date(-5), { properties: { z: "~n1", a: [12n] } });
  store.set("bigint", 12n);
  store.set("bytes", new Uint8Array([0, 255]));
  store.set("tagged property", "~", { properties: { bytes: new Uint8Array(0) } });
  store.set("", null);
  store.set("\u{1f600}", [new Date(0), "~~", { "~": true }]);
  return timed;
}

describe("export", () => {
  it("gives one line of JSON for each entry, in key order, with absent fields left out", () => {
    const { store } = filled();
    expect([...store.export()]).toEqual([
      '{"key":"","value":null}\n',
      '{"key":"bigint","value":"~n12","tagged":true}\n',
      '{"key":"bytes","value":"~bAP8=","tagged":true}\n',
      '{"key":"date","value":"~d-5","tagged":true,"properties":{"z":"~~n1","a":["~n12"]}}\n',
      '{"key":"plain","value":{"list":[1,null,"~x"],"":{}},"deadline":1500}\n',
      '{"key":"tagged property","value":"~~","tagged":true,"properties":{"bytes":"~b"}}\n',
      '{"key":"text","value":"~d5","tags":["b","é"],"description":"a text"}\n',
      '{"key":"\u{1f600}","value":["~d0","~~~",{"~":true}],"tagged":true}\n',
    ]);
  });

  it("shows the state at its start, whatever happens meanwhile, to the store too", () => {
    const { store, clock } = timedStore();
    store.setMany([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
    store.touch("c", 5);
    const lines = store.export();
    store.delete("a");
    store.set("b", "changed", { tags: ["late"] });
    const first = lines.next().value;
    clock.advance(10);
    store.dispose();
    expect([first, ...lines]).toEqual(['{"key":"a","value":1}\n', '{"key":"b","value":2}\n', `{"key":"c","value":3,"deadline":1005}\n`]);
  });

  it("may be left early, or never begun", () => {
    const { store } = filled();
    for (const _ of store.export()) break;
    store.export().return?.();
    expect(store.size).toBe(8);
  });

  it("leaves out what has expired", () => {
    const { store, clock } = filled();
    clock.advance(500);
    expect(textOf(store)).not.toContain('"plain"');
  });

  it("of a scope, or of a reader, has the short keys", () => {
    const { store } = timedStore();
    store.set("s:a", 1);
    store.set("s:t:b", 2);
    store.set("other", 3);
    for (const view of [store.scope("s"), store.reader().scope("s"), store.scope("s").reader()]) {
      expect(textOf(view)).toBe('{"key":"a","value":1}\n{"key":"t:b","value":2}\n');
    }
  });

  it("counts as no use and no hit", () => {
    const store = createStore({ maxEntries: 2 });
    store.set("old", 1);
    store.set("new", 2);
    expect(textOf(store)).toContain("old");
    expect(store.stats()).toMatchObject({ hits: 0, misses: 0 });
    store.set("newer", 3);
    expect(keysOf(store)).toEqual(["new", "newer"]);
  });
});

describe("import", () => {
  it("of an export makes an equal store", () => {
    const { store, clock } = filled();
    const other = createStore({ clock });
    expect(other.import(store.export(), "error").added).toEqual(keysOf(store));
    expect(other.snapshot()).toEqual(store.snapshot());
    expect([other.kindOf("bigint"), other.kindOf("bytes"), other.kindOf("date")]).toEqual(["bigint", "bytes", "date"]);
    expect(other.ttl("plain")).toBe(500);
    expect(Object.keys(other.meta("date")?.properties ?? {})).toEqual(["z", "a"]);
  });

  it("of any export makes an equal store", () => {
    const tag = fc.string({ unit: "grapheme", maxLength: 4 });
    const entry = fc.record({
      key: fc.string({ unit: "grapheme", maxLength: 8 }),
      value: rich,
      tags: fc.array(tag, { maxLength: 3 }),
      properties: fc.dictionary(tag, rich, { maxKeys: 3 }),
      description: fc.option(tag),
      ttl: fc.option(fc.integer({ min: 1, max: 8e15 })),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (entries, size) => {
        const { store, clock } = timedStore();
        for (const { key, value, properties, ...options } of entries) {
          store.set(key, value as Value, { ...options, properties: properties as Record<string, Value> });
        }
        const exported = textOf(store);
        for (const json of exported.split("\n").slice(0, -1)) expect(JSON.parse(json)).toBeTypeOf("object");
        const pieces = Array.from({ length: Math.ceil(exported.length / size) }, (_, at) => exported.slice(at * size, (at + 1) * size));
        const other = createStore({ clock });
        other.import(pieces, "error");
        expect(other.snapshot()).toEqual(store.snapshot());
        expect(textOf(other)).toBe(exported);
      }),
      { numRuns: 100 },
    );
  });

  it("takes a text, or pieces of it that need not be whole lines, and any ends of lines", () => {
    const { store, clock } = filled();
    const exported = textOf(store);
    const forms: (string | Iterable<string>)[] = [
      exported,
      exported.slice(0, -1),
      `${exported}\n`,
      exported.replaceAll("\n", "\r\n"),
      [...store.export()],
      new Set(store.export()),
      exported.split(/(?<=.)/su),
      exported.split(""),
      ["", exported.slice(0, 5), "", exported.slice(5), ""],
    ];
    for (const form of forms) {
      const other = createStore({ clock });
      other.import(form, "error");
      expect(other.snapshot()).toEqual(store.snapshot());
    }
    const empty = createStore();
    for (const nothing of ["", "\n", []]) expect(empty.import(nothing, "error").added).toEqual([]);
  });

  it("refuses lines without their ends, and says what is missing", () => {
    const lines = [1, 2].map((value) => JSON.stringify({ key: `${value}`, value }));
    expectError(() => createStore().import(lines, "error"), "INVALID_LINES", "line feed");
    const store = createStore();
    store.import(
      lines.map((text) => `${text}\n`),
      "error",
    );
    expect(store.size).toBe(2);
  });

  it("leaves out a line whose deadline has passed, to the millisecond", () => {
    const { store } = timedStore();
    const lines = [-5, 0, 1, 2, 999, 1000, 1001].map((deadline) => line({ key: `${deadline}`, value: 1, deadline }));
    expect(store.import(lines, "error").added).toEqual(["1001"]);
    expect(store.ttl("1001")).toBe(1);
  });

  it("keeps early deadlines where time begins at zero", () => {
    const { store, clock } = timedStore();
    const early = createStore({ clock: { now: () => 0, setTimer: () => 0, clearTimer: () => undefined } });
    early.import(
      [1, 2, 3].map((deadline) => line({ key: `${deadline}`, value: 1, deadline })),
      "error",
    );
    expect(["1", "2", "3"].map((key) => early.meta(key)?.deadline)).toEqual([1, 2, 3]);
    store.dispose();
    expect(clock.pendingTimers).toBe(0);
  });

  it("takes no default ttl and no bounds from the store for the lines, and obeys its bounds when they come in", () => {
    const { store, clock } = timedStore({ defaultTtl: 50, maxEntries: 2, policy: "reject" });
    store.import(line({ key: "a", value: 1 }), "error");
    expect(store.ttl("a")).toBeNull();
    const before = picture(store);
    expectError(() => store.import([line({ key: "b", value: 1 }), line({ key: "c", value: 1 })], "error"), "QUOTA_EXCEEDED");
    expect(picture(store)).toEqual(before);
    expect(store.import([line({ key: "a", value: 2 }), line({ key: "b", value: 1, deadline: 900 })], "overwrite").overwritten).toEqual([
      "a",
    ]);
    clock.advance(50);
    expect(contentsOf(store)).toEqual([["a", 2]]);
  });

  it("is a merge: one commit, by every strategy, with the metadata rules of a merge", () => {
    const { store } = timedStore();
    const set = (value: unknown) => store.set("k", value as Value, { tags: ["ours"], properties: { p: 1, q: 1 }, description: "ours" });
    const incoming = line({ key: "k", value: "theirs", tags: ["theirs"], properties: { q: 2 } }) + line({ key: "new", value: 1 });
    set("ours");
    const commits = subscribed(store);
    const error = expectError(() => store.import(incoming, "error"), "CONFLICT");
    expect([error.key, commits.length]).toEqual(["k", 0]);
    expect(store.import(incoming, "skip")).toEqual({ added: ["new"], overwritten: [], skipped: ["k"], deleted: [], collisions: ["k"] });
    expect(store.import(incoming, "overwrite")).toMatchObject({ overwritten: ["k"], skipped: ["new"] });
    expect(store.get("k")).toBe("theirs");
    expect(store.meta("k")).toMatchObject({ tags: ["ours", "theirs"], properties: { p: 1, q: 2 }, description: "ours" });
    set("ours");
    const joined: MergeStrategy = ({ ours, incoming: theirs }) => ({ value: `${ours}+${theirs}` });
    store.import(incoming, joined);
    expect(store.get("k")).toBe("ours+theirs");
    expect(commits.map(({ changes }) => changes.map(({ key }) => key))).toEqual([["new"], ["k"], ["k"], ["k"]]);
  });

  it("with a base brings in what the lines have changed since, deletions too", () => {
    const { store } = timedStore();
    store.setMany([
      ["a", 1],
      ["b", 2],
    ]);
    const base = store.clone();
    store.set("c", "ours");
    const edited = line({ key: "a", value: 10 });
    expect(store.import(edited, { strategy: "error", base })).toMatchObject({ overwritten: ["a"], deleted: ["b"] });
    expect(contentsOf(store)).toEqual([
      ["a", 10],
      ["c", "ours"],
    ]);
  });

  it("into a scope prefixes the keys, and refuses those that become too long", () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    scope.import(line({ key: "a", value: 1 }), "error");
    expect(contentsOf(store)).toEqual([["s:a", 1]]);
    scope.import(line({ key: "k".repeat(1022), value: 1 }), "error");
    const error = expectError(() => scope.import(line({ key: "k".repeat(1023), value: 1 }), "error"), "INVALID_LINES", "Line 1");
    expect(error.scope).toBe("s");
    store.import(line({ key: "k".repeat(1024), value: 1 }), "error");
  });

  const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const wrong: [string, string][] = [
    ["no JSON", "{"],
    ["JSON that goes on", '{"key":"k","value":1} x'],
    ["an array", "[]"],
    ["null", "null"],
    ["a string", '"key"'],
    ["a byte order mark", `\ufeff{"key":"k","value":1}`],
    ["no key", line({ value: 1 })],
    ["no value", line({ key: "k" })],
    ["a key that is no string", line({ key: 1, value: 1 })],
    ["a key with a lone surrogate", line({ key: "\ud800", value: 1 })],
    ["a key that is too long", line({ key: "é".repeat(513), value: 1 })],
    ["a field that is not known", line({ key: "k", value: 1, tll: 5 })],
    ["a field named __proto__", '{"key":"k","value":1,"__proto__":{}}'],
    ["a number that is not finite", '{"key":"k","value":1e999}'],
    ["a value that is nested too deep", `{"key":"k","value":${deep(501)}}`],
    ["a tagged value that is nested too deep", `{"key":"k","value":${deep(501)},"tagged":true}`],
    ["a value that is nested beyond any stack", `{"key":"k","value":${deep(200_000)},"tagged":true}`],
    ["tagged that is no boolean", line({ key: "k", value: 1, tagged: 1 })],
    ["an unknown tag", line({ key: "k", value: "~x", tagged: true })],
    ["half a tag", line({ key: "k", value: ["~"], tagged: true })],
    ["a date that is none", line({ key: "k", value: "~d1.5", tagged: true })],
    ["a bigint that is none", line({ key: "k", value: "~n-0", tagged: true })],
    ["bytes that are none", line({ key: "k", value: "~bA", tagged: true })],
    ["an unknown tag in a property", line({ key: "k", value: 1, properties: { p: "~x" }, tagged: true })],
    ["a deadline that is text", line({ key: "k", value: 1, deadline: "5" })],
    ["a deadline that is null", line({ key: "k", value: 1, deadline: null })],
    ["half a millisecond", line({ key: "k", value: 1, deadline: 1e6 + 0.5 })],
    ["a deadline beyond the last", line({ key: "k", value: 1, deadline: 8.64e15 + 1 })],
    ["tags that are text", line({ key: "k", value: 1, tags: "t" })],
    ["tags that are null", line({ key: "k", value: 1, tags: null })],
    ["a tag that is no text", line({ key: "k", value: 1, tags: ["t", 1] })],
    ["a tag with a lone surrogate", line({ key: "k", value: 1, tags: ["\udc00"] })],
    ["properties that are a list", line({ key: "k", value: 1, properties: [1] })],
    ["properties that are null", line({ key: "k", value: 1, properties: null })],
    ["a property's name with a lone surrogate", line({ key: "k", value: 1, properties: { "\ud800": 1 } })],
    ["a description that is null", line({ key: "k", value: 1, description: null })],
    ["a description with a lone surrogate", line({ key: "k", value: 1, description: "\ud800" })],
    ["a key that came before", line({ key: "first", value: 1 })],
    ["no content, where lines follow", "\n"],
  ];

  it.each(wrong)("of a line with %s is refused whole, naming the line", (_, bad) => {
    const { store } = timedStore();
    store.set("here", 1);
    const before = picture(store);
    const commits = subscribed(store);
    const lines = [line({ key: "first", value: 1 }), bad.endsWith("\n") ? bad : `${bad}\n`, line({ key: "last", value: 1 })];
    expectError(() => store.import(lines, "overwrite"), "INVALID_LINES", "Line 2 ");
    expectError(() => store.import(lines.join(""), "overwrite"), "INVALID_LINES", "Line 2 ");
    expect(picture(store)).toEqual(before);
    expect(commits).toEqual([]);
  });

  it("takes a value at the deepest that a store holds", () => {
    const { store } = timedStore();
    store.import(`{"key":"k","value":${deep(500)},"tagged":true,"properties":{"p":${deep(500)}}}`, "error");
    expect(store.kindOf("k")).toBe("array");
    const other = createStore();
    other.import(store.export(), "error");
    expect(other.snapshot()).toEqual(store.snapshot());
  });

  it("never shows a value in its errors", () => {
    const { store } = timedStore();
    for (const [, bad] of wrong) {
      const secret = bad.replace("1", '"s3cret"').replace("~", "~s3cret").replace("{", '{"s3cret":"s3cret",');
      try {
        store.import(secret, "error");
      } catch (error) {
        expect(`${error} ${(error as Error).stack} ${(error as Error).cause}`).not.toContain("s3cret");
      }
    }
  });

  it("refuses what is neither text nor texts, and strategies that are none", () => {
    const { store } = timedStore();
    for (const lines of [undefined, null, 5, {}, [5], [null]]) {
      expectError(() => store.import(lines as never, "skip"), "INVALID_ARGUMENT", "lines");
    }
    for (const how of [undefined, null, "replace", {}, { strategy: 5 }]) {
      expectError(() => store.import("", how as never), "INVALID_ARGUMENT", "strategy");
    }
    expectError(() => store.import("", { strategy: "skip", base: {} as Store }), "INVALID_ARGUMENT", "base");
  });

  it("passes on what the lines themselves throw, and leaves the store usable", () => {
    const { store } = timedStore();
    const broken = new Error("disk");
    function* failing() {
      yield line({ key: "a", value: 1 });
      throw broken;
    }
    expect(() => store.import(failing(), "skip")).toThrow(broken);
    function* disposing() {
      yield line({ key: "a", value: 1 });
      store.set("meanwhile", 1);
      yield line({ key: "b", value: 1 });
    }
    expect(store.import(disposing(), "skip").added).toEqual(["a", "b"]);
    expect(keysOf(store)).toEqual(["a", "b", "meanwhile"]);
  });

  it("is CLOSED where the lines dispose of the store on their way", () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    function* disposing() {
      yield line({ key: "a", value: 1 });
      store.dispose();
    }
    expectError(() => scope.import(disposing(), "skip"), "CLOSED");
    expectError(() => scope.export(), "CLOSED");
    expectError(() => scope.import("", "skip"), "CLOSED");
    expect(createStore().import(line({ key: "a", value: 1 }), "skip").added).toEqual(["a"]);
  });

  it("reads text of any kind or refuses it with a code", () => {
    const store = createStore();
    fc.assert(
      fc.property(text, fc.json(), (garbage, json) => {
        for (const lines of [garbage, json, `{"key":"k","value":${json},"tagged":true}`, `{"key":"k","value":1,"properties":${json}}`]) {
          try {
            store.import(lines, "overwrite");
          } catch (error) {
            expect((error as { code?: string }).code).toBe("INVALID_LINES");
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
