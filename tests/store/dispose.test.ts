/** Promises of disposal: everything is freed, every later call on any view is `CLOSED`, and doing it twice does nothing. */
import { describe, expect, it } from "vitest";
import { createStore, type Reader, type StandardSchema, type Store, type Value } from "../../ts/index.js";
import { errorOf, expectError, timedStore } from "./support.js";

type Operation<View> = readonly [name: string, call: (view: View) => unknown];

const listener = () => undefined;
/** Another side, which is live and empty. */
const other = createStore();
const schema: StandardSchema<unknown, Value> = {
  "~standard": { version: 1, vendor: "own", validate: (value) => ({ value: value as Value }) },
};

/** Every operation of a reader, on a key that was hot. Each name begins with that of the method. */
const reads = [
  ["get", (view) => view.get("k")],
  ["get of a date", (view) => view.get("date")],
  ["get of nothing", (view) => view.get("none")],
  ["getOrThrow", (view) => view.getOrThrow("k")],
  ["getOrDefault", (view) => view.getOrDefault("k", 1)],
  ["getAs", (view) => view.getAs("k", "object")],
  ["getMutable", (view) => view.getMutable("k")],
  ["peek", (view) => view.peek("k")],
  ["has", (view) => view.has("k")],
  ["getMany", (view) => view.getMany(["k"])],
  ["getMany of nothing", (view) => view.getMany([])],
  ["keys", (view) => view.keys()],
  ["values", (view) => view.values()],
  ["entries", (view) => view.entries()],
  ["iteration", (view) => [...(view as unknown as Iterable<unknown>)]],
  ["find", (view) => view.find({ allTags: ["t"] })],
  ["size", (view) => view.size],
  ["ttl", (view) => view.ttl("k")],
  ["meta", (view) => view.meta("k")],
  ["hasTag", (view) => view.hasTag("k", "t")],
  ["kindOf", (view) => view.kindOf("k")],
  ["getProperty", (view) => view.getProperty("k", "p")],
  ["schemaOf", (view) => view.schemaOf("k")],
  ["keysByKind", (view) => view.keysByKind("object")],
  ["findBySchema", (view) => view.findBySchema({})],
  ["watch", (view) => view.watch(listener)],
  ["watch of a key", (view) => view.watch("k", listener)],
  ["subscribe", (view) => view.subscribe(listener)],
  ["changes", (view) => view.changes()],
  ["waitFor", (view) => view.waitFor("k")],
  ["collisions", (view) => view.collisions(other)],
  ["diff", (view) => view.diff(other)],
  ["snapshot", (view) => view.snapshot()],
  ["export", (view) => view.export()],
  ["stats", (view) => view.stats()],
  ["scope", (view) => view.scope("t")],
  ["isolate", (view) => view.isolate("t")],
  ["typed", (view) => (view as Reader).typed(schema)],
] as const satisfies readonly Operation<Reader | Store>[];

/** Every operation of a store. */
const writes = [
  ["set", (view) => view.set("k", 1)],
  ["set of text", (view) => view.set("k", "text")],
  ["set with options", (view) => view.set("k", 1, { ttl: 5, tags: ["t"] })],
  ["compareAndSet", (view) => view.compareAndSet("k", 1, { version: 0 })],
  ["update", (view) => view.update("k", () => 1)],
  ["increment", (view) => view.increment("n")],
  ["updateFields", (view) => view.updateFields("k", { a: 1 })],
  ["delete", (view) => view.delete("k")],
  ["setMany", (view) => view.setMany([["k", 1]])],
  ["setMany of nothing", (view) => view.setMany([])],
  ["deleteMany", (view) => view.deleteMany(["k"])],
  ["clear", (view) => view.clear()],
  ["touch", (view) => view.touch("k", 5)],
  ["persist", (view) => view.persist("k")],
  ["addTag", (view) => view.addTag("k", "t")],
  ["removeTag", (view) => view.removeTag("k", "t")],
  ["setMeta", (view) => view.setMeta("k", { description: "d" })],
  ["setMeta of nothing", (view) => view.setMeta("k", {})],
  ["setProperty", (view) => view.setProperty("k", "p", 1)],
  ["removeProperty", (view) => view.removeProperty("k", "p")],
  ["getOrLoad", (view) => view.getOrLoad("k", () => 1)],
  ["transaction", (view) => view.transaction(() => 1)],
  ["merge", (view) => view.merge(other, "skip")],
  ["copyFrom", (view) => view.copyFrom(other)],
  ["restore", (view) => view.restore(other.snapshot())],
  ["import", (view) => view.import("", "skip")],
  ["use", (view) => view.use({})],
  ["scope with bounds", (view) => view.scope("t", { maxEntries: 5 })],
  ["reader", (view) => view.reader()],
  ["clone", (view) => view.clone()],
] as const satisfies readonly Operation<Store>[];

type MethodOf<Name extends string> = Name extends `${infer Method} ${string}` ? Method : Name;
/** What neither list has of a type, but for what ends it and has promises of its own. */
type Missing<Type, Name extends string> = Exclude<keyof Type, MethodOf<Name> | typeof Symbol.iterator | typeof Symbol.dispose | "dispose">;
/** Fails to compile unless nothing is missing. */
function complete<_Missing extends never>(): void {}
complete<Missing<Reader, (typeof reads)[number][0]>>();
complete<Missing<Store, (typeof reads | typeof writes)[number][0]>>();

/** The code of the error that a call throws, or that its promise is rejected with. */
async function codeOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

/** A store, its views, and entries that each of them has read. */
function warmViews() {
  const store = createStore();
  const scope = store.scope("s");
  const views: [string, Store][] = [
    ["the store", store],
    ["a scope", scope],
    ["a nested scope", scope.scope("t")],
    ["an isolated scope", store.isolate("i")],
  ];
  const readers: [string, Reader][] = [
    ["a reader", store.reader()],
    ["a scope's reader", scope.reader()],
    ["a reader's scope", store.reader().scope("s")],
  ];
  for (const [, view] of views) view.setMany(Object.entries({ k: { a: 1 }, date: new Date(0) }), { tags: ["t"] });
  for (const [, view] of [...views, ...readers]) view.getMany(["k", "k", "date"]);
  return { store, views, readers };
}

describe("a disposed store", () => {
  it("answers CLOSED to every operation, on every view, hot or not, in the turn of its last write or later", async () => {
    for (const isLater of [false, true]) {
      const { store, views, readers } = warmViews();
      store.set("last", 1);
      store.dispose();
      if (isLater) await Promise.resolve();
      for (const [view, target] of views) {
        for (const [name, call] of [...reads, ...writes]) {
          expect([view, name, await codeOf(() => call(target))]).toEqual([view, name, "CLOSED"]);
        }
      }
      for (const [view, target] of readers) {
        for (const [name, call] of reads) {
          expect([view, name, await codeOf(() => call(target))]).toEqual([view, name, "CLOSED"]);
        }
      }
    }
  });

  it("may be disposed of again, and by `using`'s symbol", () => {
    const store = createStore();
    store[Symbol.dispose]();
    expect(store.dispose()).toBeUndefined();
    store[Symbol.dispose]();
    expectError(() => store.size, "CLOSED");
  });

  it("has cleared its timer, and tells nobody anything any more", () => {
    const heard: unknown[] = [];
    const { store, clock } = timedStore({ onEvict: () => heard.push("evict") });
    store.set("k", 1, { ttl: 5 });
    store.watch((change) => heard.push(change));
    store.subscribe((commit) => heard.push(commit));
    const end = store.watch("k", (change) => heard.push(change));
    store.dispose();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    end();
    end();
    expect(heard).toEqual([]);
  });

  it("leaves other stores and their values alone", () => {
    const [first, second] = [createStore(), createStore()];
    first.set("k", { a: 1 });
    second.set("k", { b: 2 });
    const value = first.get("k");
    first.dispose();
    expect([value, second.get("k")]).toEqual([{ a: 1 }, { b: 2 }]);
    second.set("k", 3);
    expect(second.get("k")).toBe(3);
  });

  it("gives its memory back: many large stores, one after the other, fit", () => {
    for (let round = 0; round < 60; round++) {
      const store = createStore();
      store.set("large", "x".repeat(16 * 2 ** 20));
      store.dispose();
    }
    const store = createStore();
    store.set("k", 1);
    expect(store.get("k")).toBe(1);
  });
});

describe("disposing within a listener", () => {
  const writesThatTell: [string, (store: Store) => unknown][] = [
    ["set", (store) => store.set("k", 1)],
    ["set with metadata", (store) => store.set("k", 1, { tags: ["t"] })],
    ["set with a ttl", (store) => store.set("k", 1, { ttl: 5 })],
    ["setMany", (store) => store.setMany([["k", 1]])],
    ["compareAndSet", (store) => store.compareAndSet("k", 1, { version: 0 })],
    ["update", (store) => store.update("there", () => 2)],
    ["increment", (store) => store.increment("there")],
    ["delete", (store) => store.delete("there")],
    ["clear", (store) => store.clear()],
    ["addTag", (store) => store.addTag("there", "t")],
  ];

  it.each(writesThatTell)("is allowed: the %s that it hears returns, and leaves no timer", (_, write) => {
    const { store, clock } = timedStore({ defaultTtl: 1_000 });
    store.set("there", 1);
    let heard = 0;
    store.watch(() => {
      heard += 1;
      store.dispose();
    });
    store.watch(() => {
      heard += 100;
    });
    expect(errorOf(() => write(store))).toBeUndefined();
    expect([heard, clock.pendingTimers]).toEqual([1, 0]);
    expectError(() => store.size, "CLOSED");
  });

  it("of an expiry closes the very call that found it", () => {
    let time = 0;
    const store = createStore({ clock: { now: () => time, setTimer: () => 0, clearTimer: () => undefined } });
    store.set("k", 1, { ttl: 5 });
    store.watch(() => store.dispose());
    time = 5;
    expectError(() => store.get("k"), "CLOSED");
  });

  it("of a timer's expiry is quiet", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 5 });
    store.set("l", 1, { ttl: 6 });
    store.watch(() => store.dispose());
    expect(errorOf(() => clock.advance(10))).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("disposing of a scope", () => {
  it("ends the scope and frees nothing", async () => {
    const store = createStore();
    const scope = store.scope("s");
    scope.set("k", { a: 1 });
    scope.get("k");
    scope.dispose();
    scope.dispose();
    scope[Symbol.dispose]();
    for (const [name, call] of [...reads, ...writes]) {
      expect([name, await codeOf(() => call(scope))]).toEqual([name, "CLOSED"]);
    }
    expect(store.get("s:k")).toEqual({ a: 1 });
    expect(store.scope("s").get("k")).toEqual({ a: 1 });
    store.scope("s").set("k", 2);
    expect(store.get("s:k")).toBe(2);
  });

  it("ends the handle alone: what was begun through it goes on", async () => {
    const store = createStore();
    const scope = store.scope("s");
    const heard: unknown[] = [];
    scope.watch(({ key }) => heard.push(key));
    scope.use({
      write(writes, next) {
        heard.push(writes.length);
        return next();
      },
    });
    const feed = scope.changes();
    const waiting = scope.waitFor("k");
    const inner = scope.scope("t");
    scope.dispose();
    store.scope("s").set("k", 1);
    inner.set("l", 2);
    expect(heard).toEqual([1, "k", 1, "t:l"]);
    expect([await waiting, (await feed.next()).value?.changes[0]?.key]).toEqual([1, "k"]);
  });
});
