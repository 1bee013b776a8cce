/** Promises of contract 3 on many entries at once: setMany, deleteMany and clear are one atomic change each. */
import { describe, expect, it } from "vitest";
import { createStore, type Store, type Value } from "../../ts/index.js";
import { contentsOf, expectError, fill, inShort, keysOf, picture, subscribed, timedStore } from "./support.js";

describe("many at once", () => {
  const tooLong = "é".repeat(512);
  const calls: [string, (view: Store, key: string) => unknown][] = [
    ["setMany", (view, key) => view.setMany([["fine", 1], [key, 1]])], // biome-ignore format: pairs
    ["deleteMany", (view, key) => view.deleteMany(["fine", key])],
    ["getMany", (view, key) => view.getMany(["fine", key])],
    ["set", (view, key) => view.set(key, 1)],
  ];

  it.each(calls)("name the key that is refused, relative to the view: %s", (_, call) => {
    const store = createStore();
    fill(store, "s:fine");
    const before = picture(store);
    const wrapped = createStore();
    wrapped.use({ write: (writes, next) => next(writes) });
    for (const root of [store, wrapped])
      for (const key of ["lone \ud800", `${tooLong}x`]) {
        expect(expectError(() => call(root.scope("s"), key), "INVALID_KEY")).toMatchObject({ key, scope: "s" });
        expect(expectError(() => call(root, key), "INVALID_KEY")).toMatchObject({ key });
      }
    expect(picture(store)).toEqual(before);
  });

  it.each(calls.filter(([name]) => name !== "getMany"))("name a key that only its scope makes too long: %s", (_, call) => {
    const store = createStore();
    expect(expectError(() => call(store.scope("s"), tooLong), "INVALID_KEY")).toMatchObject({ key: tooLong, scope: "s" });
    expect(store.size).toBe(0);
    call(store, tooLong);
  });
});

describe("setMany", () => {
  it("is one commit: all entries carry its number, and subscribers hear it once", () => {
    const store = createStore();
    store.set("b", 0);
    const commits = subscribed(store);
    store.setMany([
      ["c", 3],
      ["a", 1],
      ["b", 2],
    ]);
    expect(["a", "b", "c"].map((key) => store.meta(key)?.version)).toEqual([2, 2, 2]);
    expect(commits.map(({ version, changes }) => [version, changes.map(inShort)])).toEqual([
      [
        2,
        [
          ["set", "a", undefined, 1],
          ["set", "b", 0, 2],
          ["set", "c", undefined, 3],
        ],
      ],
    ]);
  });

  it("takes pairs from any iterable, and the last of one key", () => {
    const store = createStore();
    store.setMany(new Map<string, Value>([["map", 1]]));
    store.setMany(Object.entries({ object: 2 }));
    store.setMany(
      (function* () {
        yield ["generator", 3];
        yield ["generator", 4];
      })(),
    );
    expect(contentsOf(store)).toEqual([
      ["generator", 4],
      ["map", 1],
      ["object", 2],
    ]);
    expect(store.meta("generator")?.version).toBe(3);
  });

  it("copies from another view, even of itself", () => {
    const store = createStore();
    fill(store, "a", "b");
    store.scope("copy").setMany(store.entries() as Iterable<[string, Value]>);
    expect(contentsOf(store.scope("copy"))).toEqual([
      ["a", "a"],
      ["b", "b"],
    ]);
  });

  it("gives all the same options", () => {
    const { store } = timedStore();
    store.setMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      { ttl: 50, tags: ["t"], properties: { p: 1 }, description: "d" },
    );
    expect([store.ttl("a"), store.ttl("b"), keysOf(store)]).toEqual([50, 50, ["a", "b"]]);
    expect([...store.find({ allTags: ["t"] })]).toEqual(["a", "b"]);
    expect(store.meta("b")).toMatchObject({ properties: { p: 1 }, description: "d" });
  });

  const refused: [string, unknown, string][] = [
    [
      "a bad value at the end",
      [
        ["new", 1],
        ["a", 2],
        ["b", Number.NaN],
      ],
      "INVALID_VALUE",
    ],
    [
      "a bad key at the end",
      [
        ["new", 1],
        ["a", 2],
        ["\ud800", 3],
      ],
      "INVALID_KEY",
    ],
    [
      "a key that is no text",
      [
        ["new", 1],
        [5, 3],
      ],
      "INVALID_KEY",
    ],
    ["a pair that is none", [["new", 1], "ab"], "INVALID_ARGUMENT"],
    ["a pair without a value", [["new", 1], ["a"]], "INVALID_VALUE"],
    ["null among the pairs", [["new", 1], null], "INVALID_ARGUMENT"],
    ["a text", "ab", "INVALID_ARGUMENT"],
    ["nothing", undefined, "INVALID_ARGUMENT"],
    ["an object that is not iterable", { a: 1 }, "INVALID_ARGUMENT"],
  ];
  it.each(refused)("changes nothing when refused: %s", (_, pairs, code) => {
    const store = createStore();
    fill(store, "a", "b");
    const before = picture(store);
    const commits = subscribed(store);
    expectError(() => store.setMany(pairs as never), code as "INVALID_KEY");
    expect([picture(store), commits]).toEqual([before, []]);
    store.setMany([["next", 1]]);
    expect(keysOf(store)).toEqual(["a", "b", "next"]);
  });

  it("passes on what the caller's generator throws, and changes nothing", () => {
    const store = createStore();
    const mine = new Error("mine");
    function* pairs(): Generator<[string, number]> {
      yield ["a", 1];
      throw mine;
    }
    expect(() => store.setMany(pairs())).toThrow(mine);
    expect(store.size).toBe(0);
  });

  it("stores what each value was when the generator gave it", () => {
    const store = createStore();
    const shared = { count: 0 };
    store.setMany(
      (function* () {
        for (const key of ["a", "b", "c"]) {
          shared.count += 1;
          yield [key, shared] as const;
        }
      })(),
    );
    expect([...store.values()]).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }]);
  });

  it("lets a generator write meanwhile, in commits of their own before it", () => {
    const store = createStore();
    const commits = subscribed(store);
    store.setMany(
      (function* (): Generator<[string, number]> {
        yield ["a", 1];
        store.set("meanwhile", 1, { tags: ["t"] });
        yield ["b", 2];
      })(),
    );
    expect(commits.map(({ changes }) => changes.map(({ key }) => key))).toEqual([["meanwhile"], ["a", "b"]]);
  });
});

describe("deleteMany", () => {
  it("deletes those that are there as one commit, and counts them", () => {
    const { store, clock } = timedStore();
    fill(store, "a", "b", "c");
    store.set("expired", 1, { ttl: 1 });
    clock.advance(1);
    const commits = subscribed(store);
    expect(store.deleteMany(["c", "a", "none", "a", "expired"])).toBe(2);
    expect(commits.map(({ changes }) => changes.map(inShort))).toEqual([
      [
        ["delete", "a", "a", undefined],
        ["delete", "c", "c", undefined],
      ],
    ]);
    expect(keysOf(store)).toEqual(["b"]);
    expect(store.deleteMany(["a"])).toBe(0);
    expect(store.deleteMany([])).toBe(0);
    expect(commits.length).toBe(1);
  });

  it("takes the keys of a listing of itself", () => {
    const store = createStore();
    fill(store, "a:1", "a:2", "b:1");
    expect(store.deleteMany(store.keys({ prefix: "a:" }))).toBe(2);
    expect(keysOf(store)).toEqual(["b:1"]);
  });

  it("changes nothing when one key is none", () => {
    const store = createStore();
    fill(store, "a", "b");
    expectError(() => store.deleteMany(["a", 5 as never]), "INVALID_ARGUMENT", "keys");
    expectError(() => store.deleteMany(["a", "\ud800"]), "INVALID_KEY");
    expectError(() => store.deleteMany("ab"), "INVALID_ARGUMENT", "keys");
    expect(keysOf(store)).toEqual(["a", "b"]);
    expect(store.deleteMany(["a"])).toBe(1);
    expect(keysOf(store)).toEqual(["b"]);
  });
});

describe("clear", () => {
  it("deletes all as one commit, and counts what lived", () => {
    const { store, clock } = timedStore();
    fill(store, "b", "a");
    store.set("expired", 1, { ttl: 1 });
    clock.advance(1);
    const commits = subscribed(store);
    expect([store.clear(), store.clear(), store.size]).toEqual([2, 0, 0]);
    expect(commits.map(({ changes }) => changes.map(inShort))).toEqual([
      [
        ["delete", "a", "a", undefined],
        ["delete", "b", "b", undefined],
      ],
    ]);
  });

  it("is the same where nobody listens, and what comes after is new", () => {
    const store = createStore();
    store.set("a", 1, { tags: ["t"], ttl: 10_000 });
    store.get("a");
    expect(store.clear()).toBe(1);
    expect([store.get("a"), store.has("a"), keysOf(store), [...store.find({ allTags: ["t"] })], store.stats().bytes]).toEqual([
      undefined,
      false,
      [],
      [],
      0,
    ]);
    store.set("a", 2);
    expect([store.get("a"), store.ttl("a"), store.meta("a")?.version]).toEqual([2, null, 3]);
  });

  it("of a scope leaves the rest", () => {
    const store = createStore();
    fill(store, "a", "s:1", "s:t:2", "z");
    expect([store.scope("s").clear(), keysOf(store)]).toEqual([2, ["a", "z"]]);
  });
});
