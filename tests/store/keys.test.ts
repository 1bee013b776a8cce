/** Promises of contract 1 on keys: any well-formed text up to 1,024 bytes is one, none has a meaning, and what is none changes nothing. */
import { describe, expect, it } from "vitest";
import { createStore, maxKeyBytes, type Store } from "../../ts/index.js";
import { contentsOf, expectError, keysOf, subscribed } from "./support.js";

const ordinary = [
  "",
  " ",
  ":",
  "::",
  "~",
  "~a:",
  ".",
  "/",
  "0",
  "-0",
  "https://a.b/c?d=e#f",
  "user.id",
  "user:123",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "undefined",
  "null",
  "\0",
  "a\0b",
  "\n",
  "\ufeffkey",
  "\uffff",
  "\ufffd",
  "é",
  "e\u0301",
  "👩‍🚀",
  "\u{10ffff}",
  "漢字",
  "x".repeat(20),
  "x".repeat(21),
  "é".repeat(10),
  "k".repeat(maxKeyBytes),
  "😀".repeat(maxKeyBytes / 4),
];

describe("a key", () => {
  it.each(ordinary.map((key) => [key.length > 40 ? `${key.slice(0, 20)}… (${key.length})` : JSON.stringify(key), key]))(
    "may be %s",
    (_, key) => {
      const store = createStore();
      const commits = subscribed(store);
      expect(store.has(key)).toBe(false);
      expect(store.get(key)).toBeUndefined();
      store.set(key, "value", { tags: ["t"] });
      store.set(key, "second");
      expect(store.get(key)).toBe("second");
      expect(store.get(key)).toBe("second");
      expect(keysOf(store)).toEqual([key]);
      expect([...store.find({ allTags: ["t"] })]).toEqual([key]);
      expect(commits.flatMap(({ changes }) => changes.map((change) => change.key))).toEqual([key, key]);
      expect(store.delete(key)).toBe(true);
      expect(store.size).toBe(0);
    },
  );

  it("has no meaning to the store: all of these live side by side", () => {
    const store = createStore();
    ordinary.forEach((key, index) => {
      store.set(key, index);
    });
    expect(store.size).toBe(ordinary.length);
    expect(ordinary.map((key) => store.get(key))).toEqual(ordinary.map((_, index) => index));
    expect(({} as Record<string, unknown>).value).toBeUndefined();
  });

  it("is not normalised", () => {
    const store = createStore();
    store.set("é", 1);
    store.set("e\u0301", 2);
    expect(contentsOf(store)).toEqual([
      ["e\u0301", 2],
      ["é", 1],
    ]);
  });

  it("is told from its prefixes and extensions", () => {
    const store = createStore();
    for (let length = 0; length < 70; length++) store.set("a".repeat(length), length);
    expect(store.size).toBe(70);
    for (let length = 0; length < 70; length++) expect(store.get("a".repeat(length))).toBe(length);
  });
});

/** Every call that takes a key. */
const calls: [string, (store: Store, key: string) => unknown][] = [
  ["get", (store, key) => store.get(key)],
  ["getOrThrow", (store, key) => store.getOrThrow(key)],
  ["getOrDefault", (store, key) => store.getOrDefault(key, 1)],
  ["getMutable", (store, key) => store.getMutable(key)],
  ["peek", (store, key) => store.peek(key)],
  ["has", (store, key) => store.has(key)],
  ["getMany", (store, key) => store.getMany(["fine", key])],
  ["ttl", (store, key) => store.ttl(key)],
  ["meta", (store, key) => store.meta(key)],
  ["hasTag", (store, key) => store.hasTag(key, "t")],
  ["kindOf", (store, key) => store.kindOf(key)],
  ["getProperty", (store, key) => store.getProperty(key, "p")],
  ["schemaOf", (store, key) => store.schemaOf(key)],
  ["watch", (store, key) => store.watch(key, () => undefined)],
  ["set", (store, key) => store.set(key, 1)],
  ["set with text", (store, key) => store.set(key, "text")],
  ["set with metadata", (store, key) => store.set(key, 1, { tags: ["t"] })],
  ["compareAndSet", (store, key) => store.compareAndSet(key, 1, { version: 0 })],
  ["delete", (store, key) => store.delete(key)],
  [
    "setMany",
    (store, key) =>
      store.setMany([
        ["other", 1],
        [key, 2],
      ]),
  ],
  ["deleteMany", (store, key) => store.deleteMany(["fine", key])],
  ["touch", (store, key) => store.touch(key, 5)],
  ["persist", (store, key) => store.persist(key)],
  ["addTag", (store, key) => store.addTag(key, "t")],
  ["removeTag", (store, key) => store.removeTag(key, "t")],
  ["setMeta", (store, key) => store.setMeta(key, { tags: ["t"] })],
  ["setProperty", (store, key) => store.setProperty(key, "p", 1)],
  ["removeProperty", (store, key) => store.removeProperty(key, "p")],
];

const refused: [string, string][] = [
  ["a lone high surrogate", "\ud83d"],
  ["a lone low surrogate", "a\ude00"],
  ["surrogates in the wrong order", "\ude00\ud83d"],
  ["a lone surrogate in a long text", `${"x".repeat(500)}\udfff${"x".repeat(300)}`],
  ["1,025 bytes", "k".repeat(maxKeyBytes + 1)],
  ["1,025 bytes in fewer characters", `${"é".repeat(512)}k`],
  ["a megabyte", "k".repeat(2 ** 20)],
];

describe("what is no key", () => {
  for (const [name, call] of calls) {
    it.each(refused)(`is refused by ${name}: %s`, (_, key) => {
      const store = createStore();
      store.set("fine", 0);
      const commits = subscribed(store);
      const error = expectError(() => call(store, key), "INVALID_KEY", "key");
      expect(error.message.length).toBeLessThan(200);
      expect(contentsOf(store)).toEqual([["fine", 0]]);
      expect(commits).toEqual([]);
    });
  }

  it("does not collide with the replacement character", () => {
    const store = createStore();
    store.set("\ufffd", 1);
    expectError(() => store.set("\ud800", 2), "INVALID_KEY");
    expect(store.get("\ufffd")).toBe(1);
  });
});

describe("the limit of 1,024 bytes", () => {
  it("counts the scope's prefix", () => {
    const store = createStore();
    const scope = store.scope("scope");
    const longest = "k".repeat(maxKeyBytes - "scope:".length);
    scope.set(longest, 1);
    expect(scope.get(longest)).toBe(1);
    expect(store.get(`scope:${longest}`)).toBe(1);
    const error = expectError(() => scope.set(`${longest}k`, 1), "INVALID_KEY");
    expect(error.message).toContain("1024");
    for (const call of [
      () => scope.set(`${longest}k`, { a: 1 }),
      () =>
        scope.setMany([
          ["a", 1],
          [`${longest}k`, 2],
        ]),
      () => scope.compareAndSet(`${longest}k`, 1, { version: 0 }),
      () => scope.set(`${longest}k`, 1, { tags: ["t"] }),
    ]) {
      expectError(call, "INVALID_KEY");
    }
    expect(keysOf(scope)).toEqual([longest]);
  });

  it("counts bytes of isolated ids as they are written", () => {
    const store = createStore();
    const id = ":".repeat(511);
    expect(store.isolate(id).size).toBe(0);
    store.isolate(id).set("", 1);
    expect(store.size).toBe(1);
    expectError(() => store.isolate(`${id}:`), "INVALID_KEY");
  });

  it("holds for a scope's prefix", () => {
    const store = createStore();
    const longest = store.scope("s".repeat(maxKeyBytes - 1));
    longest.set("", "on the edge");
    expect(keysOf(store)).toEqual([`${"s".repeat(maxKeyBytes - 1)}:`]);
    expectError(() => longest.set("k", 1), "INVALID_KEY");
    expectError(() => store.scope("s".repeat(maxKeyBytes)), "INVALID_KEY");
    expectError(() => longest.scope("s"), "INVALID_KEY");
  });
});
