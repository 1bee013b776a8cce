/** Promises of contract 9 for `use`: a write reaches middleware as one staged list, which it may refuse or replace. */
import { describe, expect, it } from "vitest";
import { type CompareAndSetOptions, createStore, type Store, type Write } from "../../ts/index.js";
import { replacing } from "./middleware.support.js";
import { contentsOf, errorOf, expectError, fill, picture, subscribed, timedStore, watched } from "./support.js";

/** A store and the writes that reach its middleware. */
function noted(): { store: Store; lists: (readonly Write[])[] } {
  const { store } = timedStore();
  const lists: (readonly Write[])[] = [];
  store.use({
    write(writes, next) {
      lists.push(writes);
      next();
    },
  });
  return { store, lists };
}

describe("a write", () => {
  it("reaches middleware as one list for each call, and happens as without it", () => {
    const { store, lists } = noted();
    const plain = timedStore().store;
    const calls: [(store: Store) => unknown, Write[]][] = [
      [(store) => store.set("k", "text"), [{ type: "set", key: "k", value: "text" }]],
      [(store) => store.set("k", { a: [1n] }, { ttl: "1m" }), [{ type: "set", key: "k", value: { a: [1n] }, ttl: 60_000 }]],
      [(store) => store.set("k", 1, { keepTtl: true }), [{ type: "set", key: "k", value: 1, keepTtl: true }]],
      [
        (store) => store.set("k", 2, { ttl: null, tags: new Set(["b", "a"]), properties: { p: [1] }, description: null }),
        [{ type: "set", key: "k", value: 2, ttl: null, tags: ["b", "a"], properties: { p: [1] }, description: null }],
      ],
      [(store) => store.compareAndSet("k", 3, { version: 4 }), [{ type: "set", key: "k", value: 3 }]],
      [
        (store) => store.setMany(new Map([["b", new Date(1)]]), { tags: ["t"] }),
        [{ type: "set", key: "b", value: new Date(1), tags: ["t"] }],
      ],
      [
        (store) => [
          store.setMany([
            ["c", new Uint8Array(2)],
            ["\u{1f600}", "\ud800"],
          ]),
          0,
        ],
        [
          { type: "set", key: "c", value: new Uint8Array(2) },
          { type: "set", key: "\u{1f600}", value: "\ud800" },
        ],
      ],
      [(store) => store.touch("k", 5), [{ type: "touch", key: "k", ttl: 5 }]],
      [(store) => store.persist("k"), [{ type: "touch", key: "k", ttl: null }]],
      [(store) => store.addTag("k", "t"), [{ type: "meta", key: "k", addTag: "t" }]],
      [(store) => store.removeTag("k", "t"), [{ type: "meta", key: "k", removeTag: "t" }]],
      [(store) => store.touch("none", 5), [{ type: "touch", key: "none", ttl: 5 }]],
      [(store) => store.delete("none"), [{ type: "delete", key: "none" }]],
      [(store) => store.delete("k"), [{ type: "delete", key: "k" }]],
      [
        (store) => store.deleteMany(["b", "none"]),
        [
          { type: "delete", key: "b" },
          { type: "delete", key: "none" },
        ],
      ],
      [(store) => store.clear(), [{ type: "clear", prefix: "" }]],
      [(store) => store.clear(), [{ type: "clear", prefix: "" }]],
    ];
    for (const [call, writes] of calls) {
      lists.length = 0;
      const [answer, expected] = [call(store), call(plain)];
      expect(lists).toEqual([writes]);
      expect([answer, picture(store), lists]).toEqual([expected, picture(plain), [writes]]);
    }
    lists.length = 0;
    store.setMany([]);
    store.deleteMany([]);
    expect(lists).toEqual([]);
  });

  it("is one commit, with one event, however it is replaced", () => {
    const store = createStore();
    const commits = subscribed(store);
    store.use({ write: (writes, next) => next([...writes, { type: "set", key: "log", value: writes.length }]) });
    store.set("a", 1);
    store.setMany([
      ["b", 1],
      ["c", 1],
    ]);
    expect(commits.map(({ version, changes }) => [version, changes.map(({ key }) => key).join()])).toEqual([
      [1, "a,log"],
      [2, "b,c,log"],
    ]);
  });

  it("is shown in frozen copies, which neither the caller nor middleware changes", () => {
    const { store, lists } = noted();
    store.set("k", { list: [1] }, { tags: ["t"], properties: { deep: { er: [1] } } });
    const [write] = lists[0] as unknown as [{ value: { list: unknown }; tags: unknown; properties: { deep: { er: unknown } } }];
    const parts = [lists[0], write, write.value, write.value.list, write.tags, write.properties, write.properties.deep.er];
    const given = { list: [1], date: new Date(5) };
    store.use({
      write(writes, next) {
        given.list.push(2);
        (writes[0] as unknown as { value: { date: Date } }).value.date.setTime(9);
        next();
      },
    });
    store.set("k", given);
    given.list.push(3);
    expect(store.get("k")).toEqual({ list: [1], date: new Date(5) });
    expect(parts.map(Object.isFrozen)).toEqual(parts.map(() => true));
  });

  it("is checked before middleware sees it", () => {
    const { store, lists } = noted();
    expectError(() => store.set("k", Number.NaN), "INVALID_VALUE");
    expectError(() => store.set(5 as never, 1), "INVALID_KEY");
    expectError(() => store.scope("s").set("\ud800", 1), "INVALID_KEY");
    const tooLong = "x".repeat(1023);
    expect(expectError(() => store.scope("s").delete(tooLong), "INVALID_KEY")).toMatchObject({ key: tooLong, scope: "s" });
    expectError(() => store.deleteMany(["fine", 5 as never]), "INVALID_ARGUMENT");
    expectError(() => store.set("k", 1, { ttl: -1 }), "OUT_OF_RANGE");
    expectError(() => store.compareAndSet("k", 1, {} as CompareAndSetOptions), "INVALID_ARGUMENT");
    store.dispose();
    expectError(() => store.set("k", 1), "CLOSED");
    expectError(() => store.delete("k"), "CLOSED");
    expect(lists).toEqual([]);
  });

  it("is refused by what middleware throws, and nothing has happened", () => {
    const store = createStore();
    fill(store, "k");
    const told = watched(store);
    const before = picture(store);
    const refusal = new Error("refused");
    store.use({
      write() {
        throw refusal;
      },
    });
    const calls = [() => store.set("k", 1), () => store.delete("k"), () => store.clear(), () => store.addTag("k", "t")];
    expect(calls.map(errorOf)).toEqual(calls.map(() => refusal));
    expect([picture(store), told]).toEqual([before, []]);
  });

  it("that is not passed on does not happen, and answers as if nothing had been there", () => {
    const store = createStore();
    fill(store, "k");
    const before = picture(store);
    const end = store.use({ write: () => undefined });
    const answers = [
      store.set("k", 1),
      store.setMany([["k", 1]]),
      store.delete("k"),
      store.deleteMany(["k"]),
      store.clear(),
      store.touch("k", 5),
      store.addTag("k", "t"),
      store.compareAndSet("k", 1, { version: 1 }),
    ];
    expect(answers).toEqual([undefined, undefined, false, 0, 0, false, false, 0]);
    end();
    store.use(replacing());
    expect([store.delete("k"), store.compareAndSet("k", 1, { version: 1 })]).toEqual([false, 0]);
    expect(picture(store)).toEqual(before);
  });

  // A write that middleware had kept from the store, or made another, was reported as done.
  it("that makes a value of the one before answers what stands there, where it is not passed on or replaced", () => {
    const store = createStore();
    store.set("n", { a: 1 });
    const calls = (): unknown[] => [
      store.update("none", () => 9),
      store.increment("count", 2),
      store.update("n", () => 9),
      store.updateFields("n", { a: 2 }),
    ];
    const before = picture(store);
    const end = store.use({ write: () => undefined });
    expect(calls()).toEqual([undefined, 0, { a: 1 }, { a: 1 }]);
    expect(picture(store)).toEqual(before);
    end();
    store.use({ write: (writes, next) => next(writes.map((write) => ({ ...write, value: 5 }) as Write)) });
    expect([store.increment("count"), store.increment("count"), store.update("n", () => 1)]).toEqual([5, 5, 5]);
  });

  it("that makes a value of the one before answers what it made, though a listener goes on from there", () => {
    const store = createStore();
    store.use({ write: (_, next) => next() });
    let left = 1;
    store.watch("id", () => {
      if (left-- > 0) store.increment("id");
    });
    expect([store.increment("id"), store.get("id")]).toEqual([1, 2]);
  });

  // What middleware wrote between reading and writing was overwritten.
  it("that makes a value of the one before overwrites nothing that was written since it was read", () => {
    const store = createStore();
    store.set("n", 1);
    let left = 0;
    store.use({
      write(_, next) {
        if (left-- > 0) store.set("n", 100);
        next();
      },
    });
    for (const call of [() => store.increment("n"), () => store.update("n", () => 2), () => store.compareAndSet("n", 2, { version: 1 })]) {
      left = 1;
      expectError(call, "CONFLICT");
      expect(store.get("n")).toBe(100);
    }
  });

  // A counter that expired while middleware ran came back with its old count and without a deadline: a rate limit that never resets again.
  it("that makes a value of the one before does not bring back what has expired since", () => {
    const { store, clock } = timedStore();
    let span = 0;
    store.use({
      write(_, next) {
        clock.advance(span);
        return next();
      },
    });
    store.increment("hits", 1, { ttl: 1_000 });
    span = 2_000;
    expectError(() => store.increment("hits", 1, { ttl: 1_000 }), "CONFLICT");
    expect(store.has("hits")).toBe(false);
  });

  it("may be replaced by writes of every kind, which then are the ones that happen", () => {
    const { store, clock } = timedStore();
    fill(store, "x:a", "x:b", "touched", "tagged");
    const end = store.use(
      replacing(
        { type: "clear", prefix: "x:" },
        { type: "set", key: "k", value: { a: 1 }, ttl: "5ms", tags: ["t"], properties: { p: 1 }, description: "d" },
        { type: "touch", key: "touched", ttl: 7 },
        { type: "meta", key: "tagged", addTag: "u", properties: { q: 2 }, description: "e" },
        { type: "delete", key: "none" },
      ),
    );
    store.set("ignored", 1);
    end();
    expect(contentsOf(store)).toEqual([
      ["k", { a: 1 }],
      ["tagged", "tagged"],
      ["touched", "touched"],
    ]);
    expect(store.meta("k")).toMatchObject({ tags: ["t"], properties: { p: 1 }, description: "d", deadline: clock.now() + 5 });
    expect(store.meta("tagged")).toMatchObject({ tags: ["u"], properties: { q: 2 }, description: "e" });
    expect(store.ttl("touched")).toBe(7);
    store.use(replacing({ type: "meta", key: "tagged", removeTag: "u", tags: ["v", "u"] }));
    store.clear();
    expect(store.meta("tagged")?.tags).toEqual(["v"]);
  });

  it("may be replaced in part: what is passed on stays as it was", () => {
    const store = createStore();
    store.use({ write: (writes, next) => next(writes.filter((write) => write.type === "clear" || write.key !== "b").concat(writes)) });
    store.use({ write: (writes, next) => next(writes.map((write) => ("value" in write ? { ...write, value: [write.value] } : write))) });
    store.setMany(
      [
        ["a", { x: 1n }],
        ["b", new Date(1)],
      ],
      { tags: ["t"], ttl: "1h" },
    );
    expect(contentsOf(store)).toEqual([
      ["a", [{ x: 1n }]],
      ["b", [new Date(1)]],
    ]);
    expect([store.meta("a")?.tags, store.ttl("b") !== null]).toEqual([["t"], true]);
  });

  it("in place of another is checked as any write, and nothing happens where it is refused", () => {
    const strange: [unknown, string, string][] = [
      [{ type: "set", key: "k", value: () => 1 }, "INVALID_VALUE", "function"],
      [{ type: "set", key: "k" }, "INVALID_VALUE", "undefined"],
      [{ type: "set", key: 5, value: 1 }, "INVALID_KEY", ""],
      [{ type: "set", key: "x".repeat(1025), value: 1 }, "INVALID_KEY", ""],
      [{ type: "set", key: "k", value: 1, ttl: 0 }, "OUT_OF_RANGE", "ttl"],
      [{ type: "set", key: "k", value: 1, tags: "t" }, "INVALID_ARGUMENT", "tags"],
      [{ type: "delete" }, "INVALID_KEY", ""],
      [{ type: "delete", key: "x".repeat(1025) }, "INVALID_KEY", ""],
      [{ type: "clear" }, "INVALID_ARGUMENT", "prefix"],
      [{ type: "touch", key: "k" }, "INVALID_ARGUMENT", "ttl"],
      [{ type: "meta", key: "k", addTag: 5 }, "INVALID_ARGUMENT", "addTag"],
      [{ type: "meta", key: "k", removeTag: "\ud800" }, "INVALID_ARGUMENT", "removeTag"],
      [{ type: "meta", key: "k", description: 5 }, "INVALID_ARGUMENT", "description"],
      [{ type: "meta", key: "k", setProperty: null }, "INVALID_ARGUMENT", "setProperty"],
      [{ type: "upsert", key: "k" }, "INVALID_ARGUMENT", "type"],
      [null, "INVALID_ARGUMENT", "writes"],
      ["text", "INVALID_ARGUMENT", "writes"],
    ];
    for (const [write, code, naming] of strange) {
      const store = createStore();
      store.use(replacing({ type: "set", key: "first", value: 1 }, write as Write));
      expectError(() => store.scope("s").set("k", 1), code as never, naming);
      expect(store.size).toBe(0);
    }
    const store = createStore();
    store.use({ write: (_, next) => next(5 as never) });
    expectError(() => store.delete("k"), "INVALID_ARGUMENT", "writes");
  });

  it("keeps its condition, whatever takes its place", () => {
    const store = createStore();
    store.set("k", 1);
    store.use({ write: (writes, next) => next([{ type: "set", key: "other", value: 1 }, ...writes.slice(1)]) });
    expectError(() => store.compareAndSet("k", 2, { version: 9 }), "CONFLICT");
    expect(store.has("other")).toBe(false);
    expect(store.compareAndSet("k", 2, { version: 1 })).toBe(2);
    expect([store.get("k"), store.meta("other")?.version]).toEqual([1, 2]);
  });

  it("tells middleware how many entries it found, after it has happened", () => {
    const store = createStore();
    fill(store, "a", "b", "c");
    const seen: unknown[] = [];
    store.use({
      write(_, next) {
        const before = store.size;
        seen.push([before, next(), store.size]);
      },
    });
    store.clear();
    store.delete("a");
    store.set("a", 1);
    expect(seen).toEqual([
      [3, 3, 0],
      [0, 0, 0],
      [0, 1, 1],
    ]);
  });

  it("that its bounds refuse is refused through middleware too", () => {
    const store = createStore({ maxEntries: 1, policy: "reject" });
    const seen: unknown[] = [];
    store.use({
      write(_, next) {
        seen.push(errorOf(next));
        return next === undefined ? 0 : undefined;
      },
    });
    fill(store, "a", "b");
    expect([seen, [...store.keys()]]).toEqual([[undefined, expect.objectContaining({ code: "QUOTA_EXCEEDED", key: "b" })], ["a"]]);
  });
});

describe("next", () => {
  it("is called once, before write returns", () => {
    const store = createStore();
    let kept: (() => unknown) | undefined;
    store.use({
      write(_, next) {
        kept = next;
        next();
        expectError(() => next(), "INVALID_ARGUMENT", "next");
      },
    });
    store.set("k", 1);
    expectError(() => kept?.(), "INVALID_ARGUMENT", "next");
    const lazy = createStore();
    lazy.use({
      write(_, next) {
        kept = next;
        return undefined;
      },
    });
    lazy.set("k", 1);
    expectError(() => kept?.(), "INVALID_ARGUMENT", "next");
    expect([store.meta("k")?.version, lazy.size]).toEqual([1, 0]);
  });
});
