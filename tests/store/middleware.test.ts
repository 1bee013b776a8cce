/** Promises of contract 9 for `use`: whose calls middleware wraps, in which order, what it sees of reads, and how it comes and goes. */
import { describe, expect, it } from "vitest";
import { createStore, type Middleware, type ReadCall, type Write } from "../../ts/index.js";
import { noting, replacing } from "./middleware.support.js";
import { contentsOf, expectError, fill, subscribed, timedStore, watched } from "./support.js";

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
    const asked = "get get get get get* peek getMutable has keys values entries entries find size ttl meta meta kindOf".split(" ");
    const aboutMany = ["keys", "values", "entries", "find", "size"];
    const keyOf = (name: string) => (aboutMany.includes(name) ? undefined : name.endsWith("*") ? "s:none" : "s:k");
    expect(log).toEqual(asked.map((name) => ({ operation: name.replace("*", ""), key: keyOf(name), scope: "s" })));
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

  // The error said that such middleware is refused, which it is, and left open what had become of the write.
  it("that fails after next has written: the error says so, whether it gave a promise, threw, or called next again", () => {
    const faults: [NonNullable<Middleware["write"]>, RegExp][] = [
      [(_, next) => new Promise((resolve) => resolve(next())) as never, /synchronous.*passed on/],
      [
        (_, next) => {
          next();
          throw new Error("too late");
        },
        /too late/,
      ],
      [(_, next) => next() + next(), /once/],
    ];
    for (const [write, message] of faults) {
      const store = createStore();
      store.use({ write });
      expect(() => store.set("k", 1)).toThrow(message);
      expect(store.get("k")).toBe(1);
    }
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
