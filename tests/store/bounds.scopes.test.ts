/** Promises of contract 5: bounds of scopes are kept for them; what others do neither evicts there nor is a reason to refuse. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createStore, type Store, type StoreOptions } from "../../ts/index.js";
import { expectError, fill, inShort, keysOf, picture, subscribed, utf8Length, watched } from "./support.js";

/** What an entry takes by the contract: UTF-8 key, encoded value, metadata. */
const sizeOf = (key: string, json: string, ...metadata: string[]) =>
  [key, json, ...metadata].reduce((sum, text) => sum + utf8Length(text), 0);

describe("bounds of scopes", () => {
  it("evict within the scope: one tenant cannot evict another", () => {
    const store = createStore();
    const [ada, grace] = [store.scope("ada", { maxEntries: 2 }), store.scope("grace", { maxEntries: 2 })];
    fill(grace, "1", "2");
    store.set("beside", 1);
    for (let index = 0; index < 50; index++) ada.set(`k${index}`, index);
    expect([keysOf(ada), keysOf(grace), store.has("beside")]).toEqual([["k48", "k49"], ["1", "2"], true]);
  });

  it("bind the prefix, not the handle", () => {
    const store = createStore();
    store.scope("s", { maxEntries: 2 });
    fill(store, "s:a", "s:b", "s:c");
    expect(keysOf(store)).toEqual(["s:b", "s:c"]);
    fill(store.scope("s"), "d");
    expect(keysOf(store)).toEqual(["s:c", "s:d"]);
    expect(keysOf(store.scope("s", { maxEntries: 2 }))).toEqual(["c", "d"]);
    expectError(() => store.scope("s", { maxEntries: 3 }), "INVALID_ARGUMENT", "bounds");
    expectError(() => store.scope("s", { maxEntries: 2, maxBytes: 5 }), "INVALID_ARGUMENT", "bounds");
  });

  it("are named where they are exceeded, those of the store too", () => {
    for (const policy of ["lru", "reject"] as const) {
      const store = createStore({ maxEntries: 20, maxBytes: 1_000, policy });
      const tenant = store.scope("tenant:ada", { maxEntries: 2, maxBytes: 50 });
      const long = "x".repeat(2_000);
      for (const call of [
        () => tenant.set("k", long),
        () => tenant.scope("within").set("k", long),
        () => store.set("tenant:ada:k", long),
        () =>
          tenant.setMany([
            ["a", 1],
            ["b", long],
          ]),
      ]) {
        expect(expectError(call, "QUOTA_EXCEEDED").message).toContain("held in scope tenant:ada,");
      }
      expect(expectError(() => store.set("k", long), "QUOTA_EXCEEDED").message).toContain("held in the store,");
      expect(expectError(() => store.scope("other").set("k", long), "QUOTA_EXCEEDED").message).toContain("held in the store,");
    }
  });

  it("count memo hits as uses, though the store itself has no bounds", () => {
    const store = createStore();
    const scope = store.scope("s", { maxEntries: 2 });
    fill(scope, "a", "b");
    for (const key of ["a", "b", "a"]) scope.get(key);
    scope.set("c", 1);
    expect(keysOf(scope)).toEqual(["a", "c"]);
  });

  it("keep the room of a scope for it: whoever has no bound shares the rest", () => {
    const store = createStore({ maxEntries: 5 });
    const [ada, grace] = [store.scope("ada", { maxEntries: 2 }), store.scope("grace")];
    ada.set("1", 1);
    for (let index = 0; index < 50; index++) grace.set(`k${index}`, index);
    expect([keysOf(ada), keysOf(grace)]).toEqual([["1"], ["k47", "k48", "k49"]]);
    store.set("beside", 1);
    fill(ada, "2", "3");
    expect([keysOf(ada), keysOf(grace), store.has("beside")]).toEqual([["2", "3"], ["k48", "k49"], true]);
  });

  it("keep it under reject too: nobody is refused for what others hold", () => {
    const store = createStore({ maxEntries: 4, policy: "reject" });
    const ada = store.scope("ada", { maxEntries: 3 });
    store.set("beside", 1);
    expectError(() => store.set("more", 1), "QUOTA_EXCEEDED");
    fill(ada, "1", "2", "3");
    expectError(() => ada.set("4", 1), "QUOTA_EXCEEDED");
    expect(keysOf(store)).toEqual(["ada:1", "ada:2", "ada:3", "beside"]);
  });

  it("leave nothing to others where scopes were given all", () => {
    const store = createStore({ maxEntries: 2 });
    fill(store, "a", "b");
    const told = watched(store);
    const scope = store.scope("s", { maxEntries: 2 });
    expect(told.map(([type, key]) => `${type} ${key}`)).toEqual(["evict a", "evict b"]);
    expectError(() => store.set("c", 1), "QUOTA_EXCEEDED", "0 entries");
    fill(scope, "1", "2", "3");
    expect(keysOf(store)).toEqual(["s:2", "s:3"]);
  });

  it("that come late are taken from what was given to nobody, and keep the order of uses, memo hits included", () => {
    const evicted: unknown[] = [];
    const store = createStore({ maxEntries: 6, onEvict: (key, _, reason) => evicted.push([key, reason, keysOf(store)]) });
    const s = store.scope("s");
    fill(store, "s:a", "x", "s:b", "y", "s:c", "z");
    store.getMany(keysOf(store));
    // These the memo answers, in the order of their first writes turned around.
    store.getMany(["z", "s:c", "y", "s:b", "x", "s:a"]);
    const { version = 0 } = store.meta("z") ?? {};
    const commits = subscribed(store);
    store.scope("s", { maxEntries: 4 });
    expect(evicted).toEqual([["z", "evicted", ["s:a", "s:b", "s:c", "x", "y"]]]);
    expect(commits.map(({ version, changes }) => [version, changes.map(inShort)])).toEqual([
      [version + 1, [["evict", "z", "z", undefined]]],
    ]);
    fill(s, "d", "e", "f");
    expect(keysOf(s)).toEqual(["a", "d", "e", "f"]);
  });

  it("are refused by views whose scopes take none, and not dropped in silence", () => {
    const store = createStore();
    store.transaction((tx) => {
      for (const view of [store.reader(), tx, store.typed(z.string()).reader()]) {
        const { scope, isolate } = view as unknown as Pick<Store, "scope" | "isolate">;
        for (const within of [scope, isolate]) {
          expectError(() => within.call(view, "s", { maxEntries: 2 }), "NOT_SUPPORTED", "bounds");
          within.call(view, "s");
        }
      }
    });
    store.scope("s", { maxEntries: 1 });
  });

  it("bind an isolated scope just so", () => {
    const store = createStore({ maxEntries: 5 });
    const ids = ["a:b", "~"].map((id) => store.isolate(id, { maxEntries: 2 }));
    for (const tenant of ids) fill(tenant, "1", "2", "3");
    fill(store, "x", "y");
    expect([...ids.map(keysOf), store.has("x"), store.size]).toEqual([["2", "3"], ["2", "3"], false, 5]);
    fill(store.isolate("~"), "4");
    expect(keysOf(store.isolate("~", { maxEntries: 2 }))).toEqual(["3", "4"]);
    expectError(() => store.isolate("~", { maxEntries: 1 }), "INVALID_ARGUMENT", "bounds");
    expectError(() => store.isolate("c", { maxEntries: 2 }), "OUT_OF_RANGE", "bounds");
    expectError(() => store.isolate("c", 5 as never), "INVALID_ARGUMENT", "bounds");
    expectError(() => store.isolate("c", { maxEntries: 1.5 }), "OUT_OF_RANGE", "maxEntries");
  });

  it("go with a clone, and with the clone of a scope, and the order of uses with them", () => {
    const store = createStore({ maxEntries: 9 });
    const s = store.scope("s", { maxEntries: 4 });
    const t = s.scope("t", { maxEntries: 2 });
    fill(t, "1", "2");
    fill(s, "1", "2");
    for (const view of [t, s]) view.get("1");
    for (const clone of [store.clone().scope("s"), s.clone()]) {
      fill(clone, "3", "t:3");
      expect(keysOf(clone)).toEqual(["1", "3", "t:1", "t:3"]);
      expectError(() => clone.scope("v", { maxEntries: 3 }), "OUT_OF_RANGE");
    }
    expect([keysOf(s), keysOf(t)]).toEqual([
      ["1", "2", "t:1", "t:2"],
      ["1", "2"],
    ]);
  });

  it("are many: a thousand tenants, each within its own", () => {
    const store = createStore({ maxEntries: 3_000 });
    const tenants = Array.from({ length: 1_000 }, (_, index) => store.isolate(`t${index}`, { maxEntries: 3 }));
    for (const key of ["a", "b", "c", "d"]) for (const tenant of tenants) tenant.set(key, key);
    for (const tenant of tenants) expect(keysOf(tenant)).toEqual(["b", "c", "d"]);
    expect(store.stats()).toMatchObject({ entries: 3_000, evictions: 1_000 });
  });

  it("hold together: an entry counts in every bound around it, and the innermost exceeded gives way", () => {
    const store = createStore({ maxEntries: 4 });
    const outer = store.scope("o", { maxEntries: 3 });
    const inner = outer.scope("i", { maxEntries: 1 });
    store.set("beside", 1);
    outer.set("a", 1);
    inner.set("x", 1);
    inner.set("y", 1);
    expect(keysOf(store)).toEqual(["beside", "o:a", "o:i:y"]);
    outer.set("b", 1);
    expect(keysOf(store)).toEqual(["beside", "o:a", "o:b", "o:i:y"]);
    outer.set("c", 1);
    expect(keysOf(store)).toEqual(["beside", "o:b", "o:c", "o:i:y"]);
    store.set("more", 1);
    expect(keysOf(store)).toEqual(["more", "o:b", "o:c", "o:i:y"]);
  });

  it("are exact in bytes, full keys counted", () => {
    const store = createStore();
    const scope = store.scope("s", { maxBytes: sizeOf("s:a", "1") + sizeOf("s:b", "22") });
    scope.set("a", 1);
    scope.set("b", 22);
    expect(scope.size).toBe(2);
    scope.set("b", 333);
    expect(keysOf(scope)).toEqual(["b"]);
  });

  it("whose sum passes the bound around them are out of range, and bind nothing", () => {
    const store = createStore({ maxEntries: 10, maxBytes: 1_000 });
    store.scope("a", { maxEntries: 6, maxBytes: 400 });
    expect(expectError(() => store.scope("b", { maxEntries: 5, maxBytes: 1 }), "OUT_OF_RANGE", "bounds")).toBeInstanceOf(RangeError);
    expectError(() => store.isolate("b", { maxEntries: 1, maxBytes: 601 }), "OUT_OF_RANGE");
    expectError(() => store.scope("a").scope("n", { maxEntries: 7, maxBytes: 1 }), "OUT_OF_RANGE");
    const b = store.scope("b", { maxEntries: 4, maxBytes: 600 });
    fill(b, "1", "2", "3", "4", "5");
    expect(keysOf(b)).toEqual(["2", "3", "4", "5"]);
  });

  it("limit whatever a bound around them limits: what they hold could not be kept for them otherwise", () => {
    const store = createStore({ maxEntries: 10 });
    expectError(() => store.scope("a", { maxBytes: 1_000 }), "OUT_OF_RANGE", "entries");
    const a = store.scope("a", { maxEntries: 5, maxBytes: 1_000 });
    expectError(() => a.scope("n", { maxEntries: 5 }), "OUT_OF_RANGE", "bytes");
    const beside = createStore();
    beside.scope("a").scope("n", { maxEntries: 5 });
    expectError(() => beside.scope("a", { maxBytes: 1_000 }), "OUT_OF_RANGE", "bytes");
    fill(beside.scope("a"), "1", "2", "3", "4", "5", "6");
    expect(beside.size).toBe(6);
  });

  it("that are exceeded already are refused", () => {
    const store = createStore();
    fill(store, "s:a", "s:b");
    expectError(() => store.scope("s", { maxEntries: 1 }), "QUOTA_EXCEEDED");
    fill(store, "s:c");
    expect(keysOf(store.scope("s"))).toEqual(["a", "b", "c"]);
    fill(store.scope("s", { maxEntries: 3 }), "d");
    expect(keysOf(store.scope("s"))).toEqual(["b", "c", "d"]);
  });

  it("that would leave too little around them under reject are refused, and nothing has changed", () => {
    const store = createStore({ maxEntries: 3, policy: "reject" });
    fill(store, "s:a", "b");
    const before = picture(store);
    expectError(() => store.scope("s", { maxEntries: 3 }), "QUOTA_EXCEEDED");
    expect(picture(store)).toEqual(before);
    fill(store, "c");
    expect(keysOf(store)).toEqual(["b", "c", "s:a"]);
  });

  it.each([
    { maxEntries: 0 },
    { maxEntries: -1 },
    { maxEntries: 1.5 },
    { maxBytes: Number.NaN },
    { maxBytes: Number.POSITIVE_INFINITY },
    { maxBytes: 2 ** 53 },
  ])("are whole positive numbers: not %o", (bounds) => {
    const store = createStore();
    const name = Object.keys(bounds)[0] ?? "";
    expectError(() => store.scope("s", bounds), "OUT_OF_RANGE", name);
    expectError(() => createStore(bounds), "OUT_OF_RANGE", name);
    expectError(() => createStore({ [name]: "5" } as StoreOptions), "INVALID_ARGUMENT", name);
    expectError(() => createStore({ [name]: null } as unknown as StoreOptions), "INVALID_ARGUMENT", name);
  });
});
