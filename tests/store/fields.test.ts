/** Promises of contract 3 on `updateFields`: by JSON Pointer or dots, all or nothing, a missing path is an error. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, NotFoundError, type Value } from "../../ts/index.js";
import { expectError, picture, subscribed, timedStore } from "./support.js";

const order = () => ({
  id: "1",
  lines: [
    { sku: "a", count: 1 },
    { sku: "b", count: 2 },
  ],
  to: { name: "Ada", "post.code": 5, "a/b~c": 6, "": 7 },
});

describe("updateFields", () => {
  it("sets what the pointers lead to, in one commit, and returns the whole", () => {
    const store = createStore();
    store.set("k", order());
    const commits = subscribed(store);
    const value = store.updateFields("k", {
      "/lines/1/count": 5,
      "/to/post.code": null,
      "/to/a~1b~0c": [1],
      "/to/": "empty",
      "/id": { new: 1 },
    });
    const expected = {
      id: { new: 1 },
      lines: [order().lines[0], { sku: "b", count: 5 }],
      to: { name: "Ada", "post.code": null, "a/b~c": [1], "": "empty" },
    };
    expect(value).toEqual(expected);
    expect([store.get("k"), Object.isFrozen(value), commits.length]).toEqual([expected, true, 1]);
    expect(Object.keys(store.get<object>("k") ?? {})).toEqual(["id", "lines", "to"]);
  });

  it("takes names with dots between them, which say what pointers say", () => {
    const store = createStore();
    store.set("k", order());
    store.updateFields("k", { "lines.0.sku": "x", "to.a/b~c": "y", id: "z" });
    expect(store.get("k")).toEqual({
      ...order(),
      id: "z",
      lines: [{ sku: "x", count: 1 }, order().lines[1]],
      to: { ...order().to, "a/b~c": "y" },
    });
  });

  it("keeps the deadline, the metadata and what else the value holds, of any kind", () => {
    const { store, clock } = timedStore({ defaultTtl: 99 });
    const value = { at: new Date(5), big: 5n, bytes: new Uint8Array([1, 2]), n: 1, text: "~x" };
    store.scope("s").set("k", value, { ttl: 50, tags: ["t"], properties: { p: 1 }, description: "d" });
    clock.advance(10);
    const returned = store.scope("s").updateFields<typeof value>("k", { "/n": new Date(6) });
    expect(returned).toEqual({ ...value, n: new Date(6) });
    returned.at.setTime(99);
    expect(store.get("s:k")).toEqual({ ...value, n: new Date(6) });
    expect([store.ttl("s:k"), store.meta("s:k")]).toMatchObject([40, { tags: ["t"], properties: { p: 1 }, description: "d" }]);
  });

  it("keeps nothing of the caller's objects", () => {
    const store = createStore();
    store.set("k", { a: null });
    const mine = { list: [1] };
    store.updateFields("k", { a: mine });
    mine.list.push(2);
    expect(store.get("k")).toEqual({ a: { list: [1] } });
    expect(Object.isFrozen(mine)).toBe(false);
  });

  const missing: [string, string][] = [
    ["a property that is not there", "/to/street"],
    ["one within one that is not there", "/from/street"],
    ["an element beyond the end", "/lines/2"],
    ["the one after the last", "/lines/-"],
    ["an index with a zero before it", "/lines/01"],
    ["a negative index", "/lines/-1"],
    ["the length of an array", "/lines/length"],
    ["what an object inherits", "/to/toString"],
    ["its prototype", "/__proto__/polluted"],
    ["its constructor", "constructor.prototype.polluted"],
    ["a property by other letters", "/Id"],
  ];
  it.each(missing)("refuses %s with NOT_FOUND, and sets nothing of the rest", (_name, path) => {
    const store = createStore();
    store.set("k", order());
    const before = picture(store);
    const commits = subscribed(store);
    const error = expectError(() => store.updateFields("k", { "/id": "new", [path]: 1, "/to/name": "new" }), "NOT_FOUND", path);
    expect([error instanceof NotFoundError, error.key, picture(store), commits]).toEqual([true, "k", before, []]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("sets an own __proto__ as any other property, and nobody's prototype", () => {
    const store = createStore();
    store.set("k", JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":2}}'));
    store.updateFields("k", { "/__proto__/a": 5, "b.__proto__": { polluted: 1 } });
    expect(JSON.stringify(store.get("k"))).toBe('{"__proto__":{"a":5},"b":{"__proto__":{"polluted":1}}}');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each<[string, Value, string]>([
    ["a text", { a: "text" }, "/a/0"],
    ["a number", { a: 1 }, "/a/b"],
    ["null", { a: null }, "/a/b"],
    ["a date", { a: new Date(5) }, "/a/getTime"],
    ["bytes", { a: new Uint8Array([1, 2]) }, "/a/0"],
    ["a bigint", { a: [1n] }, "a.0.b"],
    ["the value itself, when it holds nothing", "text", "/0"],
  ])("refuses a path through %s with TYPE_MISMATCH", (_name, value, path) => {
    const store = createStore();
    store.set("k", value);
    const before = picture(store);
    expectError(() => store.updateFields("k", { [path]: 1 }), "TYPE_MISMATCH", path);
    expect(picture(store)).toEqual(before);
  });

  it("changes nothing, and makes no commit, where no fields are given; of what is missing even those are refused", () => {
    const store = createStore();
    for (const value of [{ a: 1 }, "text", null]) {
      store.set("k", value);
      const before = picture(store);
      expect(store.updateFields("k", {})).toEqual(value);
      expect(picture(store)).toEqual(before);
    }
    expectError(() => store.updateFields("missing", {}), "NOT_FOUND");
  });

  it("refuses a missing or expired entry with NOT_FOUND", () => {
    const { store, clock } = timedStore();
    expect(expectError(() => store.scope("s").updateFields("k", { a: 1 }), "NOT_FOUND")).toMatchObject({
      key: "k",
      scope: "s",
      expired: false,
    });
    store.set("k", { a: 1 }, { ttl: 5 });
    clock.advance(5);
    expectError(() => store.updateFields("k", { a: 2 }), "NOT_FOUND");
    expect(store.size).toBe(0);
  });

  it.each<[string, unknown]>([
    ["no object", 5],
    ["null", null],
    ["an array", [1]],
    ["a Map", new Map()],
    ["an empty path", { "": 1 }],
    ["an empty name between dots", { "a..b": 1 }],
    ["an empty name at the end", { "a.": 1 }],
    ["a lone ~ in a pointer", { "/a~": 1 }],
    ["an escape that is none", { "/a~2": 1 }],
    ["a place twice", { "/a/b": 1, "a.b": 2 }],
    ["a place within another", { "/a/b": 1, "/a": { b: 2 } }],
    ["a place deep within another", { a: 1, "a-": 1, "/a/b/c/d": 2 }],
  ])("refuses %s with INVALID_ARGUMENT", (_name, fields) => {
    const store = createStore();
    store.set("k", { a: { b: { c: { d: 1 } } }, "a-": 1, "a~": 1, "": 1 });
    const before = picture(store);
    expectError(() => store.updateFields("k", fields as never), "INVALID_ARGUMENT", "fields");
    expect(picture(store)).toEqual(before);
  });

  it("refuses undefined and what cannot be stored, and says where", () => {
    const store = createStore();
    store.set("k", { a: { b: 1 } });
    const before = picture(store);
    expect(expectError(() => store.updateFields("k", { "/a/b": undefined as never }), "INVALID_VALUE", "/a/b").key).toBe("k");
    expect(expectError(() => store.updateFields("k", { "/a/b": [() => 1] as never }), "INVALID_VALUE", "$.a.b[0]").key).toBe("k");
    expect(picture(store)).toEqual(before);
  });

  it("takes no place within another for one that only begins alike", () => {
    const store = createStore();
    store.set("k", { a: 1, ab: 2, "a/b": 3, "a.b": 4, "~1": 5, "/": 6 });
    store.updateFields("k", { a: 5, ab: 6, "/a~1b": 7, "/a.b": 8, "/~01": 9, "/~1": 10 });
    expect(store.get("k")).toEqual({ a: 5, ab: 6, "a/b": 7, "a.b": 8, "~1": 9, "/": 10 });
  });

  it("throws CONFLICT when a value that is set changes the entry while it is read", () => {
    const store = createStore();
    store.set("k", { a: 1 });
    const sly = {
      toJSON() {
        store.set("k", "theirs");
        return 1;
      },
    };
    expectError(() => store.updateFields("k", { a: sly }), "CONFLICT");
    expect(store.get("k")).toBe("theirs");
  });

  it("does what editing a copy does, at every place of any value", () => {
    const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => typeof value === "object" && value !== null);
    fc.assert(
      fc.property(json, fc.nat(), fc.jsonValue({ maxDepth: 1 }), (value, pick, put) => {
        const places: string[] = [];
        const walk = (at: unknown, pointer: string) => {
          if (typeof at !== "object" || at === null) return;
          for (const [name, inner] of Object.entries(at)) {
            const place = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
            places.push(place);
            walk(inner, place);
          }
        };
        walk(value, "");
        const place = places[pick % places.length];
        if (place === undefined) return;
        const store = createStore();
        store.set("k", value as Value);
        const expected = store.getMutable<unknown>("k");
        const names = place
          .split("/")
          .slice(1)
          .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
        const last = names.pop() as string;
        let container = expected as Record<string, unknown>;
        for (const name of names) container = container[name] as Record<string, unknown>;
        Object.defineProperty(container, last, { value: put, enumerable: true });
        expect(JSON.stringify(store.updateFields("k", { [place]: put as Value }))).toBe(JSON.stringify(expected));
        store.dispose();
      }),
    );
  });
});
