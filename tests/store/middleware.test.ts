/** Promises of contract 9 for `use`: middleware wraps the calls through a view and its scopes, and may refuse or replace what they write. */
import { describe, expect, it } from "vitest";
import { type CompareAndSetOptions, createStore, type Middleware, type ReadCall, type Store, type Write } from "../../ts/index.js";
import { contentsOf, errorOf, expectError, fill, picture, subscribed, timedStore, watched } from "./support.js";

/** Middleware that notes what passes, under a name. */
function noting(log: unknown[], name?: string): Middleware {
  const note = (what: unknown) => log.push(name === undefined ? what : [name, what]);
  return {
    read(call, next) {
      note(call);
      return next();
    },
    write(writes, next) {
      note(writes);
      return next();
    },
  };
}

/** Middleware that puts other writes in place of all. */
const replacing = (...writes: Write[]): Middleware => ({ write: (_, next) => next(writes) });

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

describe("middleware of scopes", () => {
  it("sees the calls through its view and the scopes within it, by any handle, under its own short keys, and no others", () => {
    const store = createStore();
    const early = store.scope("a").scope("b");
    const log: [string, Write[]][] = [];
    store.scope("a").use(noting(log));
    for (const view of [store, early, store.scope("a:b"), store.scope("a"), store.scope("aa"), store.scope("b"), store.isolate("a")]) {
      view.setMany([["k", 1]]);
      view.clear();
    }
    const set = (key: string) => [{ type: "set", key, value: 1 }];
    const clear = (prefix: string) => [{ type: "clear", prefix }];
    expect(log).toEqual([set("b:k"), clear("b:"), set("b:k"), clear("b:"), set("k"), clear("")]);
  });

  it("wrap each other: ancestors outermost, then those that came first", () => {
    const store = createStore();
    const log: string[] = [];
    const around = (name: string): Middleware => ({
      read(_, next) {
        log.push(`${name}?`);
        return next();
      },
      write(_, next) {
        log.push(`${name}>`);
        next();
        log.push(`<${name}`);
      },
    });
    store.scope("a").use(around("inner"));
    store.use(around("outer"));
    store.scope("a").use(around("inner2"));
    store.scope("a").set("k", 1);
    expect(log.splice(0)).toEqual(["outer>", "inner>", "inner2>", "<inner2", "<inner", "<outer"]);
    store.scope("a").get("k");
    store.get("a:k");
    expect(log).toEqual(["outer?", "inner?", "inner2?", "outer?"]);
  });

  it("see what outer middleware passed on, in their own keys; what it added elsewhere goes around them", () => {
    const store = createStore();
    const log: Write[][] = [];
    store.use({
      write(writes, next) {
        const [first] = writes;
        const key = first?.type === "set" ? first.key : "";
        next([
          { type: "set", key: "audit", value: key },
          { type: "set", key: "s:k", value: new Date(9) },
        ]);
      },
    });
    store.scope("s").use({
      write(writes, next) {
        log.push([...writes]);
        next([...writes, { type: "set", key: "more", value: 1 }]);
      },
    });
    const commits = subscribed(store);
    store.scope("s").set("k", 1);
    expect([log, commits.length]).toEqual([[[{ type: "set", key: "k", value: new Date(9) }]], 1]);
    expect(contentsOf(store)).toEqual([
      ["audit", "s:k"],
      ["s:k", new Date(9)],
      ["s:more", 1],
    ]);
    const around = createStore();
    around.use(replacing({ type: "set", key: "elsewhere", value: 1 }));
    around.scope("s").use(noting(log));
    around.scope("s").clear();
    expect([log.length, contentsOf(around)]).toEqual([1, [["elsewhere", 1]]]);
  });
});

describe("a read", () => {
  it("reaches middleware, whatever is asked, and what middleware returns is the answer", () => {
    const store = createStore();
    const log: ReadCall[] = [];
    store.scope("s").set("k", { a: 1 }, { tags: ["t"], ttl: "1h" });
    store.use(noting(log));
    const view = store.scope("s");
    const reader = store.reader().scope("s");
    const answers = [
      view.get("k"),
      view.getOrThrow("k"),
      view.getOrDefault("k", 0),
      view.getMany(["k", "none"]),
      view.peek("k"),
      view.getMutable("k"),
      reader.has("k"),
      [...reader.keys()],
      [...reader.values()],
      [...reader.entries()],
      [...reader],
      [...view.find({ allTags: ["t"] })],
      view.size,
      typeof view.ttl("k"),
      view.meta("k")?.tags,
      view.hasTag("k", "t"),
      view.kindOf("k"),
    ];
    const value = { a: 1 };
    const entries = [["k", value]];
    expect(answers).toEqual([
      ...[value, value, value, [value, undefined], value, value, true, ["k"], [value], entries, entries, ["k"]],
      ...[1, "number", ["t"], true, "object"],
    ]);
    const key = "s:k";
    const asked: [string, string?][] = [
      ...[["get", key] as [string, string], ["get", key] as [string, string], ["get", key] as [string, string]],
      ...[["get", key] as [string, string], ["get", "s:none"] as [string, string], ["peek", key] as [string, string]],
      ...[["getMutable", key] as [string, string], ["has", key] as [string, string], ["keys"] as [string], ["values"] as [string]],
      ...[["entries"] as [string], ["entries"] as [string], ["find"] as [string], ["size"] as [string], ["ttl", key] as [string, string]],
      ...[["meta", key] as [string, string], ["meta", key] as [string, string], ["kindOf", key] as [string, string]],
    ];
    expect(log).toEqual(asked.map(([operation, key]) => ({ operation, key, scope: "s" })));
    store.use({ read: ({ operation }, next) => (operation === "get" ? "replaced" : next()) });
    expect([view.get("k"), view.peek("k"), store.get("none")]).toEqual(["replaced", value, "replaced"]);
  });

  it("is wrapped though it was memoized before, by the views concerned only, and is as before when the middleware is gone", () => {
    const store = createStore();
    const [scope, other] = [store.scope("s"), store.scope("t")];
    fill(store, "s:k", "t:k");
    const read = () => [scope.get("k"), other.get("k"), store.get("s:k")];
    const values = ["s:k", "t:k", "s:k"];
    expect([read(), read()]).toEqual([values, values]);
    const log: ReadCall[] = [];
    const end = scope.use(noting(log));
    for (let round = 1; round <= 3; round++) {
      expect([read(), log.length]).toEqual([values, round]);
      expect(store.scope("s").get("k")).toBe("s:k");
      log.pop();
    }
    expect(store.stats().memoBytes).toBeGreaterThan(0);
    end();
    expect([read(), read(), log.length]).toEqual([values, values, 3]);
  });

  it("gives the same object each time, through middleware too", () => {
    const store = createStore();
    store.set("k", { a: 1 });
    store.use(noting([]));
    expect(store.get("k")).toBe(store.get("k"));
  });

  it("by middleware that only writes is not wrapped", () => {
    const store = createStore();
    fill(store, "k");
    const value = store.get("k");
    store.use({ write: (_, next) => next() });
    expect([store.get("k"), store.size]).toEqual([value, 1]);
  });

  it("is checked before middleware sees it", () => {
    const store = createStore();
    const log: ReadCall[] = [];
    const scope = store.scope("s");
    store.use(noting(log));
    expectError(() => scope.get(5 as never), "INVALID_KEY");
    expectError(() => scope.has("\ud800"), "INVALID_KEY");
    scope.dispose();
    expectError(() => scope.has("k"), "CLOSED");
    const other = store.scope("s");
    store.dispose();
    for (const ask of [() => other.get("k"), () => other.size, () => other.keys()]) expectError(ask, "CLOSED");
    expect(log).toEqual([]);
  });
});

describe("middleware", () => {
  it("ends when what use returned is called; calling it again does nothing", () => {
    const store = createStore();
    const log: unknown[] = [];
    const middleware = noting(log);
    const [first, second] = [store.use(middleware), store.use(middleware)];
    store.delete("k");
    expect(log.splice(0).length).toBe(2);
    first();
    first();
    store.delete("k");
    expect(log.splice(0).length).toBe(1);
    second();
    store.delete("k");
    store.get("k");
    expect(log).toEqual([]);
  });

  it("does not see listeners' events, expiry, eviction or a clone", () => {
    const { store, clock } = timedStore({ maxEntries: 1 });
    const log: unknown[] = [];
    const told = watched(store);
    const end = store.use(noting(log));
    store.set("a", 1);
    store.set("b", 2, { ttl: 5 });
    clock.advance(5);
    const clone = store.clone();
    clone.set("c", 1);
    clone.get("c");
    expect([log.length, told.map(([type, key]) => `${type} ${key}`)]).toEqual([2, ["set a", "evict a", "set b", "expire b"]]);
    end();
  });

  it("may use the store: what it writes is a commit of its own, before", () => {
    const store = createStore();
    const commits = subscribed(store);
    const calls = store.scope("calls");
    store.scope("data").use({
      read({ key = "" }, next) {
        calls.set(key, (calls.getOrDefault(key, 0) as number) + 1);
        return next();
      },
      write(writes, next) {
        calls.set("writes", writes.length);
        next();
      },
    });
    store.scope("data").set("k", 1);
    expect(store.scope("data").get("k")).toBe(1);
    expect(commits.map(({ changes }) => changes.map(({ key }) => key).join())).toEqual(["calls:writes", "data:k", "calls:k"]);
  });

  it("may come and go, and dispose of the store, during a call", () => {
    const store = createStore();
    const log: unknown[] = [];
    const end = store.use({
      write(_, next) {
        end();
        store.use(noting(log));
        next();
      },
    });
    store.set("a", 1);
    expect(log).toEqual([]);
    store.set("b", 1);
    expect(log.length).toBe(1);
    store.use({
      write(_, next) {
        store.dispose();
        next();
      },
    });
    expectError(() => store.set("c", 1), "CLOSED");
  });

  it("is called as a method of what was given", () => {
    class Counter implements Middleware {
      count = 0;
      read(_: ReadCall, next: () => unknown): unknown {
        this.count += 1;
        return next();
      }
    }
    const store = createStore();
    const counter = new Counter();
    store.use(counter);
    store.get("k");
    expect(counter.count).toBe(1);
  });

  it("that is asynchronous is refused: at once where it shows, else when it returns a promise", () => {
    const store = createStore();
    expectError(() => store.use({ write: (async () => undefined) as never }), "INVALID_ARGUMENT", "synchronous");
    expectError(() => store.use({ read: async (_, next) => next() }), "INVALID_ARGUMENT", "synchronous");
    store.set("k", 1);
    const end = store.use({ write: (() => Promise.resolve()) as never, read: () => Promise.resolve(1) });
    expectError(() => store.set("k", 2), "INVALID_ARGUMENT", "synchronous");
    expectError(() => store.get("k"), "INVALID_ARGUMENT", "synchronous");
    end();
    expect(store.get("k")).toBe(1);
  });

  it("that is none is refused", () => {
    const store = createStore();
    for (const middleware of [null, 5, () => 1, undefined]) {
      expectError(() => store.use(middleware as never), "INVALID_ARGUMENT", "middleware");
    }
    expectError(() => store.use({}), "INVALID_ARGUMENT", "middleware");
    expectError(() => store.use({ read: 5 } as never), "INVALID_ARGUMENT", "middleware.read");
    expectError(() => store.use({ write: null } as never), "INVALID_ARGUMENT", "middleware.write");
    store.dispose();
    expectError(() => store.use(noting([])), "CLOSED");
  });
});
