/** Promises of contract 9 for plain stores: what watchers and subscribers hear, once per key and commit, in order, whatever they do meanwhile. */
import { describe, expect, it } from "vitest";
import { type Change, type Commit, createStore, type Store, type WatchTarget } from "../../ts/index.js";
import { expectError, fill, inShort, keysOf, subscribed, type Told, timedStore, watched } from "./support.js";

describe("a watcher", () => {
  it("hears the net effect of each commit: type, key, value, previous, version, origin", () => {
    const store = createStore();
    const told: Change[] = [];
    store.watch((change) => told.push(change));
    store.set("k", { a: 1 });
    store.set("k", 2);
    store.addTag("k", "t");
    store.delete("k");
    expect(told).toEqual([
      { type: "set", key: "k", previous: undefined, value: { a: 1 }, version: 1, origin: "local" },
      { type: "set", key: "k", previous: { a: 1 }, value: 2, version: 2, origin: "local" },
      { type: "meta", key: "k", previous: 2, value: 2, version: 3, origin: "local" },
      { type: "delete", key: "k", previous: 2, value: undefined, version: 4, origin: "local" },
    ]);
  });

  it("hears of a key once per commit, with the value before the commit", () => {
    const store = createStore();
    store.set("k", 0);
    const told = watched(store);
    store.setMany([
      ["k", 1],
      ["k", 2],
      ["k", 3],
    ]);
    expect(told).toEqual([["set", "k", 0, 3]]);
  });

  it("hears sets of equal values, and nothing of calls that change nothing or are refused", () => {
    const store = createStore();
    store.set("k", 1);
    const told = watched(store);
    store.set("k", 1);
    store.delete("none");
    store.deleteMany(["none"]);
    store.setMany([]);
    store.scope("s").clear();
    store.get("k");
    store.touch("none", 5);
    expectError(() => store.set("k", Number.NaN), "INVALID_VALUE");
    expectError(() => store.compareAndSet("k", 1, { version: 9 }), "CONFLICT");
    expect(told).toEqual([["set", "k", 1, 1]]);
  });

  it("hears a delete for each key of clear, in key order", () => {
    const store = createStore();
    fill(store, "b", "a", "😀", "\uffff");
    const told = watched(store);
    store.clear();
    expect(told).toEqual(["a", "b", "\uffff", "😀"].map((key) => ["delete", key, key, undefined]));
  });

  it("does not hear what was before it", () => {
    const store = createStore();
    store.set("k", 1);
    const told = watched(store);
    expect(told).toEqual([]);
    store.set("k", 2);
    expect(told).toEqual([["set", "k", 1, 2]]);
  });

  it("finds the store in the state after the commit", () => {
    const store = createStore();
    store.get("k");
    const seen: unknown[] = [];
    store.watch(({ key, value }) => seen.push([store.get(key) === undefined, store.size, store.meta(key)?.version, value]));
    store.setMany([
      ["k", 1],
      ["l", 1],
    ]);
    store.delete("k");
    expect(seen).toEqual([
      [false, 2, 1, 1],
      [false, 2, 1, 1],
      [true, 1, undefined, undefined],
    ]);
  });
});

describe("a target", () => {
  const heardBy = (view: Store, target: WatchTarget): Told[] => {
    const told: Told[] = [];
    view.watch(target, (change) => told.push(inShort(change)));
    return told;
  };

  it("may be a key", () => {
    const store = createStore();
    const [top, scoped, empty] = [heardBy(store, "s:k"), heardBy(store.scope("s"), "k"), heardBy(store, "")];
    store.set("s:k", 1);
    store.scope("s").set("k", 2);
    fill(store, "k", "s:k2", "s", "s:");
    store.set("", 0);
    expect(top).toEqual([
      ["set", "s:k", undefined, 1],
      ["set", "s:k", 1, 2],
    ]);
    expect(scoped).toEqual([
      ["set", "k", undefined, 1],
      ["set", "k", 1, 2],
    ]);
    expect(empty).toEqual([["set", "", undefined, 0]]);
  });

  it("may be a prefix", () => {
    const store = createStore();
    const [top, scoped, all] = [
      heardBy(store, { prefix: "s:k" }),
      heardBy(store.scope("s"), { prefix: "k" }),
      heardBy(store, { prefix: "" }),
    ];
    fill(store, "k", "s:k", "s:k2", "s:l");
    expect(top.map(([, key]) => key)).toEqual(["s:k", "s:k2"]);
    expect(scoped.map(([, key]) => key)).toEqual(["k", "k2"]);
    expect(all.map(([, key]) => key)).toEqual(["k", "s:k", "s:k2", "s:l"]);
  });

  it("may be a tag, had before or after the change", () => {
    const { store, clock } = timedStore();
    store.set("k", 1);
    const [top, scoped] = [heardBy(store, { tag: "t" }), heardBy(store.scope("s"), { tag: "t" })];
    store.set("k", 2);
    store.addTag("k", "t");
    store.set("k", 3);
    store.removeTag("k", "t");
    store.set("k", 4);
    store.set("s:k", 5, { tags: ["t", "u"], ttl: 5 });
    store.set("s:k", 6, { tags: ["u"], keepTtl: true });
    store.addTag("s:k", "t");
    clock.advance(5);
    expect(top.map(([type, key, , value]) => [type, key, value])).toEqual([
      ["meta", "k", 2],
      ["set", "k", 3],
      ["meta", "k", 3],
      ["set", "s:k", 5],
      ["set", "s:k", 6],
      ["meta", "s:k", 6],
      ["expire", "s:k", undefined],
    ]);
    expect(scoped.map(([type, key]) => [type, key])).toEqual([
      ["set", "k"],
      ["set", "k"],
      ["meta", "k"],
      ["expire", "k"],
    ]);
  });

  it("may be a predicate on the relative key", () => {
    const store = createStore();
    const asked: string[] = [];
    const told = heardBy(store.scope("s"), (key) => {
      asked.push(key);
      return key.endsWith("!");
    });
    fill(store, "a!", "s:a", "s:b!");
    expect([asked, told.map(([, key]) => key)]).toEqual([["a", "b!"], ["b!"]]);
  });

  it("is refused when it is none, and nobody hears", () => {
    const store = createStore();
    const listener = () => undefined;
    for (const target of [null, 5, true, Symbol("s"), {}, { prefix: 5 }, { tag: null }, []]) {
      expectError(() => store.watch(target as never, listener), "INVALID_ARGUMENT");
    }
    for (const bad of [null, 5, "text", {}]) {
      expectError(() => store.watch("k", bad as never), "INVALID_ARGUMENT", "listener");
      expectError(() => store.subscribe(bad as never), "INVALID_ARGUMENT", "listener");
    }
    expectError(() => store.watch(undefined as never), "INVALID_ARGUMENT", "listener");
    expectError(() => store.watch("k" as never), "INVALID_ARGUMENT", "listener");
    expectError(() => store.watch("\ud800", listener), "INVALID_KEY", "key");
    expectError(() => store.watch({ prefix: "\ud83d" }, listener), "INVALID_KEY", "prefix");
    store.set("k", 1);
  });
});

describe("a subscriber", () => {
  it("hears each commit once, with all of its changes in key order", () => {
    const store = createStore();
    const commits = subscribed(store);
    store.setMany([
      ["b", 1],
      ["a", 2],
    ]);
    store.deleteMany(["b", "a"]);
    expect(commits).toEqual([
      {
        version: 1,
        origin: "local",
        changes: [
          { type: "set", key: "a", value: 2, previous: undefined, version: 1, origin: "local" },
          { type: "set", key: "b", value: 1, previous: undefined, version: 1, origin: "local" },
        ],
      },
      {
        version: 2,
        origin: "local",
        changes: [
          { type: "delete", key: "a", value: undefined, previous: 2, version: 2, origin: "local" },
          { type: "delete", key: "b", value: undefined, previous: 1, version: 2, origin: "local" },
        ],
      },
    ]);
  });

  it("of a scope hears commits that change something there, and of those that part", () => {
    const store = createStore();
    const commits = subscribed(store.scope("s"));
    store.set("k", 1);
    store.setMany([
      ["k", 2],
      ["s:a", 1],
      ["t:b", 1],
    ]);
    expect(commits.map(({ version, changes }: Commit) => [version, changes.map(inShort)])).toEqual([[2, [["set", "a", undefined, 1]]]]);
  });
});

describe("unsubscribing", () => {
  it("ends it, and again does nothing, even to the same function subscribed twice", () => {
    const store = createStore();
    let heard = 0;
    const listener = () => {
      heard += 1;
    };
    const ends = [store.watch("k", listener), store.watch("k", listener), store.watch(listener), store.subscribe(listener)];
    store.set("k", 1);
    expect(heard).toBe(4);
    ends[0]?.();
    ends[0]?.();
    store.set("k", 2);
    expect(heard).toBe(7);
    for (const end of ends) end();
    store.set("k", 3);
    expect(heard).toBe(7);
    const again = store.watch("k", listener);
    for (const end of ends) end();
    store.set("k", 4);
    expect(heard).toBe(8);
    again();
  });

  it("holds at once, within the telling of a commit too", () => {
    const store = createStore();
    const heard: string[] = [];
    const ends: (() => void)[] = [];
    for (const name of ["first", "second", "third"]) {
      ends.push(
        store.watch("k", () => {
          heard.push(name);
          for (const end of ends) end();
        }),
      );
    }
    const end = store.subscribe(() => heard.push("subscriber"));
    store.watch(() => end());
    store.set("k", 1);
    store.set("k", 2);
    expect(heard).toEqual(["first"]);
  });

  it("of oneself within the telling stops later changes of the same commit", () => {
    const store = createStore();
    const heard: string[] = [];
    const end = store.watch(({ key }) => {
      heard.push(key);
      end();
    });
    store.setMany([
      ["a", 1],
      ["b", 1],
    ]);
    expect(heard).toEqual(["a"]);
  });
});

describe("a listener", () => {
  it("that writes makes commits that queue behind, so that all hear all in commit order", () => {
    const store = createStore();
    const first: string[] = [];
    const second: string[] = [];
    store.watch(({ key, value, version }) => {
      first.push(`${version} ${key}`);
      if (key === "a" && typeof value === "number" && value < 3) {
        store.set("a", value + 1);
        store.set("b", value);
      }
    });
    store.watch(({ key, version }) => second.push(`${version} ${key}`));
    const commits = subscribed(store);
    store.set("a", 1);
    const order = ["1 a", "2 a", "3 b", "4 a", "5 b"];
    expect(commits.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    expect([first, second]).toEqual([order, order]);
  });

  it("that writes is done writing before the call that it hears returns", () => {
    const store = createStore();
    store.watch("in", ({ value }) => store.set("out", value as number));
    store.set("in", 5);
    expect(store.get("out")).toBe(5);
  });

  it("added within the telling hears later commits only", () => {
    const store = createStore();
    const late: Told[] = [];
    let isAdded = false;
    store.watch(() => {
      if (isAdded) return;
      isAdded = true;
      store.watch((change) => late.push(inShort(change)));
      store.watch("k", (change) => late.push(inShort(change)));
      store.subscribe(({ changes }) => late.push(...changes.map(inShort)));
    });
    store.set("k", 1);
    expect(late).toEqual([]);
    store.set("k", 2);
    expect(late).toEqual(Array.from({ length: 3 }, () => ["set", "k", 1, 2]));
  });

  it("added within the telling does not hear what was written before it and is not told yet", () => {
    const store = createStore();
    const late: Told[] = [];
    // Without anybody who hears all, nothing would be told that could be heard too early.
    store.subscribe(() => {});
    store.watch("go", () => {
      fill(store, "k");
      store.watch((change) => late.push(inShort(change)));
      store.watch("k", (change) => late.push(inShort(change)));
      store.subscribe(({ changes }) => late.push(...changes.map(inShort)));
      store.set("k", "later");
    });
    store.set("go", 1);
    expect(late).toEqual(Array.from({ length: 3 }, () => ["set", "k", "k", "later"]));
  });

  it("that throws stops no other, nor the write, and onError hears it", () => {
    const errors: unknown[] = [];
    const store = createStore({ onError: (error) => errors.push(error) });
    const fail = (error: unknown) => () => {
      throw error;
    };
    store.watch("k", fail("by key"));
    store.watch({ prefix: "k" }, fail("by prefix"));
    store.watch(fail("predicate") as () => boolean, () => undefined);
    store.subscribe(fail("subscriber"));
    const told = watched(store);
    const commits = subscribed(store);
    store.set("k", 1);
    expect([errors.toString(), told.length, commits.length, store.get("k")]).toEqual(["by key,by prefix,predicate,subscriber", 1, 1, 1]);
    store.set("other", 1);
    expect(errors.length).toBe(6);
  });

  it("may clear, expire and dispose while it is told", () => {
    const { store, clock } = timedStore();
    const order: string[] = [];
    store.set("expiring", 1, { ttl: 5 });
    store.watch(({ type, key }) => {
      order.push(`${type} ${key}`);
      if (key === "go") store.clear();
      if (key === "on") clock.advance(5);
    });
    store.set("on", 1);
    store.set("go", 1);
    expect(order).toEqual(["set on", "expire expiring", "set go", "delete go", "delete on"]);
    expect(keysOf(store)).toEqual([]);
  });

  it("on one key is not asked about others", () => {
    const store = createStore();
    let calls = 0;
    store.watch("k", () => {
      calls += 1;
    });
    for (let index = 0; index < 1_000; index++) store.set(`other${index}`, index);
    store.setMany([
      ["x", 1],
      ["y", 1],
    ]);
    expect(calls).toBe(0);
    store.setMany([
      ["x", 1],
      ["k", 1],
    ]);
    expect(calls).toBe(1);
  });

  it("hears of a change through any view", () => {
    const store = createStore();
    const told = watched(store.scope("a").scope("b"));
    store.set("a:b:1", 1);
    store.scope("a").set("b:2", 1);
    store.scope("a:b").set("3", 1);
    store.scope("a").setMany([
      ["b:4", 1],
      ["c", 1],
    ]);
    store.deleteMany(["a:b:1"]);
    store.scope("a").clear();
    expect(told.map(([type, key]) => `${type} ${key}`)).toEqual([
      "set 1",
      "set 2",
      "set 3",
      "set 4",
      "delete 1",
      "delete 2",
      "delete 3",
      "delete 4",
    ]);
  });
});
