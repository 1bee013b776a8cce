/** Promises of contract 3 on writing one entry: set with its options, compareAndSet, delete, and the numbers that commits give. */
import { describe, expect, it } from "vitest";
import { createStore, type SetOptions } from "../../ts/index.js";
import { contentsOf, expectError, picture, startTime, subscribed, timedStore } from "./support.js";

describe("set", () => {
  it("returns nothing, and makes or replaces the entry whole", () => {
    const store = createStore();
    expect(store.set("k", { a: 1 })).toBeUndefined();
    store.set("k", { b: 2 });
    expect(contentsOf(store)).toEqual([["k", { b: 2 }]]);
  });

  it("keeps short, long, ASCII, other and empty texts of any length apart", () => {
    const store = createStore();
    const texts = [
      "",
      "a",
      "é",
      "x".repeat(19),
      "x".repeat(20),
      "x".repeat(21),
      `${"x".repeat(19)}é`,
      "😀".repeat(5),
      "\0",
      "y".repeat(100_000),
    ];
    for (const [index, text] of texts.entries()) store.set(`k${index}`, text);
    for (const [index, text] of texts.entries()) expect(store.get(`k${index}`)).toBe(text);
    for (const text of texts) {
      store.set("k", text);
      expect([store.get("k"), store.get("k"), store.kindOf("k")]).toEqual([text, text, "string"]);
    }
  });

  it("keeps what values that set other values on the way were to be", () => {
    const store = createStore();
    const outer = {
      get inner() {
        store.set("inner", "set on the way", { tags: ["t"] });
        return 1;
      },
    };
    store.set("outer", outer);
    store.setMany([
      ["many", outer],
      ["last", "x"],
    ]);
    expect(contentsOf(store)).toEqual([
      ["inner", "set on the way"],
      ["last", "x"],
      ["many", { inner: 1 }],
      ["outer", { inner: 1 }],
    ]);
  });
});

describe("metadata of a set", () => {
  const full = { tags: ["b", "a", "b"], properties: { p: { q: [1] } }, description: "text" } satisfies SetOptions;
  const kept = { tags: ["a", "b"], properties: { p: { q: [1] } }, description: "text" };

  it("is stored with the value, and is none without options", () => {
    const store = createStore();
    store.set("k", 1, full);
    store.set("plain", 1);
    expect(store.meta("k")).toMatchObject(kept);
    expect(store.meta("plain")).toMatchObject({ tags: [], properties: {}, description: null, deadline: null });
  });

  it("is kept unless given, each part for itself", () => {
    const store = createStore();
    store.set("k", 1, full);
    store.set("k", 2);
    store.set("k", 3, {});
    store.set("k", 4, { tags: undefined, properties: undefined, description: undefined });
    store.setMany([["k", 5]]);
    expect(store.meta("k")).toMatchObject(kept);
    store.set("k", 6, { tags: ["c"] });
    expect(store.meta("k")).toMatchObject({ ...kept, tags: ["c"] });
    store.set("k", 7, { description: null });
    expect(store.meta("k")).toMatchObject({ ...kept, tags: ["c"], description: null });
    store.set("k", 8, { properties: {}, description: "" });
    expect(store.meta("k")).toMatchObject({ tags: ["c"], properties: {}, description: "" });
    store.set("k", 9, { tags: new Set<string>() });
    expect(store.meta("k")).toMatchObject({ tags: [] });
  });

  it("goes with the entry", () => {
    const { store, clock } = timedStore();
    const bare = { tags: [], properties: {}, description: null };
    store.set("deleted", 1, full);
    store.delete("deleted");
    store.set("deleted", 2);
    store.set("expired", 1, { ...full, ttl: 5 });
    clock.advance(5);
    store.set("expired", 2);
    expect([store.meta("deleted"), store.meta("expired")]).toMatchObject([bare, bare]);
    store.set("cleared", 1, full);
    store.clear();
    store.set("cleared", 1);
    expect(store.meta("cleared")).toMatchObject(bare);
    expect([...store.find({ anyTags: ["a", "b"] })]).toEqual([]);
  });

  it("holds any texts and values", () => {
    const store = createStore();
    const tags = ["", "é", "😀", "__proto__", ":", "x".repeat(300)];
    const properties = JSON.parse('{"__proto__":1,"":2,"constructor":[3]}') as Record<string, number>;
    store.set("k", 1, { tags, properties: { ...properties, date: new Date(5), big: 1n } });
    expect(store.meta("k")?.tags).toEqual(["", ":", "__proto__", "x".repeat(300), "é", "😀"]);
    expect(Object.entries(store.meta("k")?.properties ?? {})).toEqual([
      ["__proto__", 1],
      ["", 2],
      ["constructor", [3]],
      ["date", new Date(5)],
      ["big", 1n],
    ]);
    store.set("k", 1, { properties });
    expect(Object.getOwnPropertyNames(store.meta("k")?.properties)).toEqual(["__proto__", "", "constructor"]);
  });
});

describe("the time to live of a set", () => {
  it("is its ttl, else the store's default, else none: a new set is a new deadline", () => {
    const { store } = timedStore();
    store.set("k", 1, { ttl: 100 });
    expect(store.ttl("k")).toBe(100);
    store.set("k", 1);
    expect(store.ttl("k")).toBeNull();
    const { store: withDefault } = timedStore({ defaultTtl: "1s" });
    withDefault.set("k", 1);
    withDefault.set("own", 1, { ttl: "2s" });
    withDefault.set("forever", 1, { ttl: null });
    withDefault.setMany([["many", 1]]);
    withDefault.compareAndSet("cas", 1, { version: 0 });
    expect(["k", "own", "forever", "many", "cas"].map((key) => withDefault.ttl(key))).toEqual([1_000, 2_000, null, 1_000, 1_000]);
  });

  it("stays where keepTtl says so, and is the default where there was none", () => {
    const { store, clock } = timedStore({ defaultTtl: 1_000 });
    store.set("k", 1, { ttl: 100 });
    store.set("forever", 1, { ttl: null });
    clock.advance(40);
    store.set("k", 2, { keepTtl: true });
    store.set("forever", 2, { keepTtl: true });
    store.set("new", 2, { keepTtl: true });
    expect(["k", "forever", "new"].map((key) => store.ttl(key))).toEqual([60, null, 1_000]);
    store.set("k", 3, { keepTtl: true, tags: ["t"] });
    store.setMany([["k", 4]], { keepTtl: true });
    store.compareAndSet("k", 5, { version: store.meta("k")?.version ?? 0, keepTtl: true });
    expect(store.ttl("k")).toBe(60);
    store.set("k", 6, { keepTtl: false });
    expect(store.ttl("k")).toBe(1_000);
  });

  it("does not stay from an entry that has expired", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 100 });
    clock.advance(100);
    store.set("k", 2, { keepTtl: true });
    expect(store.ttl("k")).toBeNull();
  });
});

describe("refused options", () => {
  const refused: [string, unknown, "INVALID_ARGUMENT" | "OUT_OF_RANGE", string][] = [
    ["ttl beside keepTtl", { ttl: 5, keepTtl: true }, "INVALID_ARGUMENT", "keepTtl"],
    ["a null ttl beside keepTtl", { ttl: null, keepTtl: true }, "INVALID_ARGUMENT", "keepTtl"],
    ["a keepTtl that is no boolean", { keepTtl: 1 }, "INVALID_ARGUMENT", "keepTtl"],
    ["a ttl of zero", { ttl: 0 }, "OUT_OF_RANGE", "ttl"],
    ["a ttl of another type", { ttl: {} }, "INVALID_ARGUMENT", "ttl"],
    ["a text for tags", { tags: "abc" }, "INVALID_ARGUMENT", "tags"],
    ["tags that are no texts", { tags: ["a", 5] }, "INVALID_ARGUMENT", "tags"],
    ["an ill-formed tag", { tags: ["\ud800"] }, "INVALID_ARGUMENT", "tags"],
    ["null for tags", { tags: null }, "INVALID_ARGUMENT", "tags"],
    ["a text for properties", { properties: "abc" }, "INVALID_ARGUMENT", "properties"],
    ["null for properties", { properties: null }, "INVALID_ARGUMENT", "properties"],
    ["an array for properties", { properties: ["a"] }, "INVALID_ARGUMENT", "properties"],
    ["a map for properties", { properties: new Map([["a", 1]]) }, "INVALID_ARGUMENT", "properties"],
    ["an ill-formed name of a property", { properties: { "\ud800": 1 } }, "INVALID_ARGUMENT", "properties"],
    ["a number for description", { description: 5 }, "INVALID_ARGUMENT", "description"],
    ["an ill-formed description", { description: "\udfff" }, "INVALID_ARGUMENT", "description"],
    ["null for options", null, "INVALID_ARGUMENT", "options"],
    ["a number for options", 5_000, "INVALID_ARGUMENT", "options"],
    ["a text for options", "5m", "INVALID_ARGUMENT", "options"],
  ];

  it.each(refused)("change nothing: %s", (_, options, code, naming) => {
    const { store } = timedStore();
    store.set("k", 1, { tags: ["t"], ttl: 50 });
    const before = picture(store);
    const commits = subscribed(store);
    expectError(() => store.set("k", 2, options as SetOptions), code, naming);
    expectError(() => store.set("k", "text", options as SetOptions), code, naming);
    expectError(
      () =>
        store.setMany(
          [
            ["k", 2],
            ["l", 3],
          ],
          options as SetOptions,
        ),
      code,
      naming,
    );
    const withVersion = typeof options === "object" && options !== null ? { ...options, version: 1 } : options;
    expectError(() => store.compareAndSet("k", 2, withVersion as { version: number }), code, naming);
    expect([picture(store), commits]).toEqual([before, []]);
  });
});

describe("compareAndSet", () => {
  it("sets where the version is the one given, and returns the new one", () => {
    const store = createStore();
    const first = store.compareAndSet("k", "a", { version: 0 });
    expect([first, store.meta("k")?.version, store.get("k")]).toEqual([1, 1, "a"]);
    const second = store.compareAndSet("k", "b", { version: first, tags: ["t"], ttl: "1s" });
    expect([second, store.meta("k")?.version, store.get("k"), store.hasTag("k", "t")]).toEqual([2, 2, "b", true]);
  });

  it("refuses any other version, and changes nothing", () => {
    const store = createStore();
    store.set("other", 1);
    store.set("k", 1);
    const commits = subscribed(store);
    const { version = 0 } = store.meta("k") ?? {};
    for (const wrong of [0, version - 1, version + 1, 2 ** 53 - 1]) {
      expect(expectError(() => store.compareAndSet("k", 2, { version: wrong }), "CONFLICT")).toMatchObject({ key: "k" });
    }
    expectError(() => store.compareAndSet("missing", 2, { version: 1 }), "CONFLICT");
    expect([contentsOf(store), store.meta("k")?.version, commits]).toEqual([
      [
        ["k", 1],
        ["other", 1],
      ],
      version,
      [],
    ]);
    expect(store.compareAndSet("k", 2, { version })).toBe(version + 1);
  });

  it("sees changes of metadata and deadline, and takes the expired and the deleted for missing", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 10 });
    store.addTag("k", "t");
    expectError(() => store.compareAndSet("k", 2, { version: 1 }), "CONFLICT");
    store.touch("k", 10);
    expectError(() => store.compareAndSet("k", 2, { version: 2 }), "CONFLICT");
    clock.advance(10);
    expectError(() => store.compareAndSet("k", 2, { version: 3 }), "CONFLICT");
    expect(store.compareAndSet("k", 2, { version: 0 })).toBe(5);
    store.delete("k");
    expect(store.compareAndSet("k", 3, { version: 0 })).toBe(7);
  });

  it("lets one of two win who read the same", () => {
    const store = createStore();
    store.set("seats", 1);
    const { version = 0 } = store.meta("seats") ?? {};
    const buy = (buyer: string) => store.compareAndSet("seats", buyer, { version });
    buy("ada");
    expectError(() => buy("grace"), "CONFLICT");
    expect(store.get("seats")).toBe("ada");
  });

  it("refuses what is no version", () => {
    const store = createStore();
    for (const version of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expectError(() => store.compareAndSet("k", 1, { version }), "OUT_OF_RANGE", "version");
    }
    for (const version of [undefined, null, "0", 0n, {}]) {
      expectError(() => store.compareAndSet("k", 1, { version } as never), "INVALID_ARGUMENT", "version");
    }
    expect(store.size).toBe(0);
  });
});

describe("delete", () => {
  it("is true only if a live entry was there", () => {
    const { store, clock } = timedStore();
    store.set("k", null);
    store.set("expired", 1, { ttl: 1 });
    clock.advance(1);
    expect([store.delete("k"), store.delete("k"), store.delete("expired"), store.delete("never")]).toEqual([true, false, false, false]);
  });
});

describe("versions and times", () => {
  it("are those of the commit that changed the entry last; what changes nothing is no commit", () => {
    const { store, clock } = timedStore();
    const version = (key: string) => store.meta(key)?.version;
    store.set("a", 1);
    store.set("b", 1);
    expect([version("a"), version("b")]).toEqual([1, 2]);
    store.delete("missing");
    store.deleteMany([]);
    store.setMany([]);
    store.scope("empty").clear();
    store.touch("missing", 5);
    store.addTag("missing", "t");
    store.get("a");
    store.set("a", 1);
    expect([version("a"), version("b")]).toEqual([3, 2]);
    store.addTag("b", "t");
    store.addTag("b", "t");
    expect(version("b")).toBe(4);
    clock.advance(7);
    store.persist("b");
    expect(store.meta("b")).toMatchObject({ version: 5, createdAt: startTime, updatedAt: startTime + 7 });
    store.set("a", 1);
    expect(store.meta("a")).toMatchObject({ version: 6, createdAt: startTime, updatedAt: startTime + 7 });
    store.delete("a");
    store.set("a", 1);
    expect(store.meta("a")).toMatchObject({ version: 8, createdAt: startTime + 7, updatedAt: startTime + 7 });
  });

  it("are copies", () => {
    const store = createStore();
    store.set("k", 1, { tags: ["t"], properties: { a: 1 } });
    const meta = store.meta("k") as unknown as { version: number; tags: string[]; properties: Record<string, unknown> };
    meta.version = 99;
    meta.tags.push("u");
    meta.properties.a = 2;
    expect(store.meta("k")).toMatchObject({ version: 1, tags: ["t"], properties: { a: 1 } });
    expect(store.meta("k")).not.toBe(store.meta("k"));
  });
});
