/** Promises of contract 5: bounds that hold exactly, the least recently used goes, or the write is refused. Of scopes: `bounds.scopes.test.ts`. */
import { describe, expect, it } from "vitest";
import { createStore, type Value } from "../../ts/index.js";
import { expectError, fill, inShort, keysOf, picture, subscribed, timedStore, utf8Length, watched } from "./support.js";

describe("a store bounded in entries", () => {
  it("evicts the least recently used, exactly, memo hits included", () => {
    for (const memo of [undefined, false, { maxBytes: 1_000 }] as const) {
      const store = createStore({ maxEntries: 3, memo });
      fill(store, "a", "b", "c");
      for (const key of ["a", "b", "a", "c", "a", "a", "b"]) store.get(key);
      store.set("d", "new");
      expect([keysOf(store), store.get("d")]).toEqual([["a", "b", "d"], "new"]);
      store.set("e", 1);
      expect(keysOf(store)).toEqual(["b", "d", "e"]);
    }
  });

  it("counts get, getOrThrow, getOrDefault, getMutable and getMany as uses, and writes; has, peek and listings not", () => {
    const uses: [string, (store: ReturnType<typeof createStore>) => unknown, boolean][] = [
      ["get", (store) => store.get("a"), true],
      ["getOrThrow", (store) => store.getOrThrow("a"), true],
      ["getOrDefault", (store) => store.getOrDefault("a", 1), true],
      ["getMutable", (store) => store.getMutable("a"), true],
      ["getMany", (store) => store.getMany(["a"]), true],
      ["get in a scope", (store) => store.scope("s").get("a"), true],
      ["set", (store) => store.set("a", 1), true],
      ["has", (store) => store.has("a"), false],
      ["peek", (store) => store.peek("a"), false],
      ["entries", (store) => [...store.entries()], false],
      ["meta", (store) => store.meta("a"), false],
    ];
    for (const [name, use, counts] of uses) {
      for (const warm of [false, true]) {
        const store = createStore({ maxEntries: 2 });
        const [a, b] = name.endsWith("scope") ? ["s:a", "b"] : ["a", "b"];
        store.set(a, 1);
        store.set(b, 1);
        if (warm) store.getMany([a, b]);
        use(store);
        store.set("z", 1);
        expect([name, warm, store.has(a)]).toEqual([name, warm, counts]);
      }
    }
  });

  it("counts what a transaction writes as a use, and what it reads neither as a use nor as a hit or miss", () => {
    for (const warm of [false, true]) {
      const store = createStore({ maxEntries: 2 });
      fill(store, "a", "b");
      if (warm) store.getMany(["a", "b"]);
      const { hits, misses } = store.stats();
      store.transaction((tx) => {
        tx.get("a");
        tx.getMutable("a");
        tx.get("missing");
      });
      expect(store.stats()).toMatchObject({ hits, misses });
      fill(store, "c");
      expect(keysOf(store)).toEqual(["b", "c"]);
      store.transaction((tx) => tx.set("b", "again"));
      fill(store, "d");
      expect(keysOf(store)).toEqual(["b", "d"]);
    }
  });

  it("keeps the order of thousands of uses that the memo answered", () => {
    const store = createStore({ maxEntries: 100 });
    const names = Array.from({ length: 100 }, (_, index) => `k${index}`);
    fill(store, ...names);
    for (let round = 0; round < 30; round++) for (const name of names) store.get(name);
    const order = names.map((_, index) => names[(index * 37) % 100] as string);
    for (const name of order) store.get(name);
    for (const [index, name] of order.entries()) {
      store.set(`new${index}`, index);
      expect(store.has(name)).toBe(false);
      expect(store.size).toBe(100);
    }
  });

  it("does not spoil a value that is written after memo hits", () => {
    const store = createStore({ maxEntries: 10 });
    fill(store, "a", "b");
    for (let round = 0; round < 50; round++) store.getMany(["a", "b"]);
    store.set("text", "a text that is longer than twenty characters");
    store.getMany(["a", "b", "a"]);
    store.set("number", 12_345);
    store.getMany(["a", "b", "a"]);
    store.set("bytes", new Uint8Array([9, 8, 7]));
    store.getMany(["a", "b", "a"]);
    store.set("short", "short", { ttl: 10_000 });
    expect(["text", "number", "bytes", "short"].map((key) => store.get(key))).toEqual([
      "a text that is longer than twenty characters",
      12_345,
      new Uint8Array([9, 8, 7]),
      "short",
    ]);
  });

  it("lets expired entries go before live ones", () => {
    let time = 0;
    const store = createStore({ maxEntries: 2, clock: { now: () => time, setTimer: () => 0, clearTimer: () => undefined } });
    const told = watched(store);
    store.set("old", 1);
    store.set("expiring", 1, { ttl: 10 });
    time = 10;
    store.set("new", 1);
    expect(keysOf(store)).toEqual(["new", "old"]);
    expect(told.map(([type, key]) => `${type} ${key}`)).toEqual(["set old", "set expiring", "expire expiring", "set new"]);
    expect(store.stats()).toMatchObject({ evictions: 0, expirations: 1 });
  });

  it("evicts nothing for an overwrite", () => {
    const store = createStore({ maxEntries: 2 });
    fill(store, "a", "b", "a", "b", "a");
    store.setMany([
      ["a", 1],
      ["b", 2],
    ]);
    expect([keysOf(store), store.stats().evictions]).toEqual([["a", "b"], 0]);
  });

  it("tells an eviction as part of the commit that caused it", () => {
    const store = createStore({ maxEntries: 2 });
    fill(store, "a", "b");
    const commits = subscribed(store);
    store.set("c", 1);
    store.setMany([
      ["d", 1],
      ["e", 1],
    ]);
    expect(commits.map(({ changes }) => changes.map(inShort))).toEqual([
      [
        ["evict", "a", "a", undefined],
        ["set", "c", undefined, 1],
      ],
      [
        ["evict", "b", "b", undefined],
        ["evict", "c", 1, undefined],
        ["set", "d", undefined, 1],
        ["set", "e", undefined, 1],
      ],
    ]);
    expect(store.stats().evictions).toBe(3);
  });

  it("refuses a setMany that could not fit whole, and keeps all that was there", () => {
    const store = createStore({ maxEntries: 2 });
    fill(store, "a", "b");
    store.get("a");
    const before = picture(store);
    const stats = store.stats();
    const commits = subscribed(store);
    expectError(
      () =>
        store.setMany([
          ["x", 1],
          ["y", 1],
          ["z", 1],
        ]),
      "QUOTA_EXCEEDED",
    );
    expect([picture(store), commits, store.stats().evictions, store.stats().bytes]).toEqual([before, [], 0, stats.bytes]);
    store.set("c", 1);
    expect(keysOf(store)).toEqual(["a", "c"]);
  });
});

/** What an entry takes by the contract: UTF-8 key, encoded value, metadata. */
const sizeOf = (key: string, json: string, ...metadata: string[]) =>
  [key, json, ...metadata].reduce((sum, text) => sum + utf8Length(text), 0);

describe("a store bounded in bytes", () => {
  it("holds exactly its bound, and one byte more evicts", () => {
    const maxBytes = sizeOf("é", "12") + sizeOf("b", "😀") + sizeOf("c", '{"a":1}', "tag", "p", "[1]", "über");
    const fillTo = (store: ReturnType<typeof createStore>) => {
      store.set("é", 12);
      store.set("b", "😀");
      store.set("c", { a: 1 }, { tags: ["tag"], properties: { p: [1] }, description: "über" });
    };
    const exact = createStore({ maxBytes });
    fillTo(exact);
    expect([exact.size, exact.stats().bytes, exact.stats().evictions]).toEqual([3, maxBytes, 0]);
    const tight = createStore({ maxBytes: maxBytes - 1 });
    fillTo(tight);
    expect([keysOf(tight), tight.stats().evictions]).toEqual([["b", "c"], 1]);
    exact.set("c", { a: 10 });
    expect(keysOf(exact)).toEqual(["b", "c"]);
  });

  it("counts metadata that is added later", () => {
    const store = createStore({ maxBytes: 10 });
    store.set("a", 1);
    store.set("b", 1);
    expect(store.addTag("b", "123456")).toBe(true);
    expect([store.size, store.stats().bytes]).toEqual([2, 10]);
    store.addTag("b", "7");
    expect([keysOf(store), store.stats().bytes]).toEqual([["b"], 9]);
    expectError(() => store.addTag("b", "too long"), "QUOTA_EXCEEDED");
    expect([store.meta("b")?.tags, store.stats().bytes]).toEqual([["123456", "7"], 9]);
  });

  it("refuses a value larger than the bound, and keeps all that was there", () => {
    const store = createStore({ maxBytes: 20 });
    fill(store, "a", "b");
    const commits = subscribed(store);
    for (const call of [
      () => store.set("c", "x".repeat(20)),
      () => store.set("a", "x".repeat(20)),
      () => store.set("a", 1, { description: "x".repeat(20) }),
      () =>
        store.setMany([
          ["c", 1],
          ["d", "x".repeat(20)],
        ]),
      () => store.compareAndSet("c", "x".repeat(20), { version: 0 }),
    ]) {
      expectError(call, "QUOTA_EXCEEDED");
    }
    expect([keysOf(store), store.get("a"), store.stats().bytes, commits]).toEqual([["a", "b"], "a", 4, []]);
    store.set("c", "x".repeat(19));
    expect(keysOf(store)).toEqual(["c"]);
  });
});

describe("the policy reject", () => {
  it("refuses what would pass the bound, loses nothing, and lets in what fits", () => {
    const { store, clock } = timedStore({ maxEntries: 2, maxBytes: 20, policy: "reject" });
    store.set("a", "1");
    store.set("b", "2", { ttl: 50 });
    const before = picture(store);
    const commits = subscribed(store);
    for (const call of [
      () => store.set("c", 1),
      () =>
        store.setMany([
          ["a", 2],
          ["c", 3],
        ]),
      () => store.compareAndSet("c", 1, { version: 0 }),
      () => store.set("a", "x".repeat(20)),
      () => store.addTag("a", "x".repeat(20)),
      () => store.set("a", 1, { tags: ["x".repeat(20)] }),
    ]) {
      expectError(call, "QUOTA_EXCEEDED");
    }
    expect([picture(store), commits]).toEqual([before, []]);
    store.set("a", "12345");
    store.delete("a");
    store.set("c", 1);
    clock.advance(50);
    store.set("d", 1);
    expect([keysOf(store), store.stats().evictions]).toEqual([["c", "d"], 0]);
  });

  it("is what any other policy is not", () => {
    expectError(() => createStore({ policy: "fifo" as never }), "INVALID_ARGUMENT", "policy");
    expectError(() => createStore({ policy: null as never }), "INVALID_ARGUMENT", "policy");
  });
});

describe("onEvict", () => {
  it("is told key, value and reason, of evictions and expiries alone", () => {
    const told: [string, unknown, string][] = [];
    const { store, clock } = timedStore({ maxEntries: 2, onEvict: (key, value, reason) => told.push([key, value, reason]) });
    store.set("s:a", { a: 1 });
    store.set("b", 2, { ttl: 10 });
    store.set("b", 3, { ttl: 10 });
    store.set("c", 4);
    clock.advance(10);
    store.delete("c");
    store.set("d", 5);
    store.setMany([["d", 6]]);
    store.deleteMany(["d"]);
    store.set("e", 7);
    store.clear();
    expect(told).toEqual([
      ["s:a", { a: 1 }, "evicted"],
      ["b", 3, "expired"],
    ]);
  });

  it("comes after the change is complete, and is free to use the store", () => {
    const seen: unknown[] = [];
    const store = createStore({
      maxEntries: 2,
      onEvict: (key, value, reason) => {
        seen.push([key, reason, store.has(key), keysOf(store)]);
        if (key === "a") store.set("archived", value as Value);
      },
    });
    fill(store, "a", "b", "c");
    expect(seen).toEqual([
      ["a", "evicted", false, ["b", "c"]],
      ["b", "evicted", false, ["archived", "c"]],
    ]);
    expect(store.get("archived")).toBe("a");
  });

  it("that throws stops nothing, and is reported", () => {
    const errors: unknown[] = [];
    const mine = new Error("mine");
    const store = createStore({
      maxEntries: 1,
      onError: (error) => errors.push(error),
      onEvict: () => {
        throw mine;
      },
    });
    const told = watched(store);
    fill(store, "a", "b");
    expect([keysOf(store), errors, told.length]).toEqual([["b"], [mine], 3]);
  });
});
