/** Promises of contract 7: a merge is one atomic change under every strategy, and keeps deadlines and metadata by its rules. */
import { describe, expect, it } from "vitest";
import { createStore, type MergeStrategy, type SetOptions, type Store, type StoreReader, type Value } from "../../ts/index.js";
import { nothing, stores, strategies } from "./merging.support.js";
import { contentsOf, expectError, keysOf, picture, subscribed, timedStore, watched } from "./support.js";

describe("a merge", () => {
  it("skips, overwrites or refuses what collides, and brings in the rest, in key order", () => {
    const results = (["skip", "overwrite"] as const).map((strategy) => {
      const { store, other } = stores({ b: 1, "\u{1f600}": 1, same: 1, ours: 1 }, { "\uffff": 2, "\u{1f600}": 2, b: 2, a: 2, same: 1 });
      return [store.merge(other, strategy), contentsOf(store)];
    });
    const collisions = ["b", "same", "\u{1f600}"];
    expect(results).toEqual([
      [
        { ...nothing, added: ["a", "\uffff"], skipped: collisions, collisions },
        [
          ["a", 2],
          ["b", 1],
          ["ours", 1],
          ["same", 1],
          ["\uffff", 2],
          ["\u{1f600}", 1],
        ],
      ],
      [
        { ...nothing, added: ["a", "\uffff"], overwritten: ["b", "\u{1f600}"], skipped: ["same"], collisions },
        [
          ["a", 2],
          ["b", 2],
          ["ours", 1],
          ["same", 1],
          ["\uffff", 2],
          ["\u{1f600}", 2],
        ],
      ],
    ]);
    const { store, other } = stores({ b: 1, c: 1 }, { a: 2, b: 2, c: 2 });
    const before = picture(store);
    const commits = subscribed(store);
    expect(expectError(() => store.merge(other, "error"), "CONFLICT").key).toBe("b");
    expect([picture(store), commits]).toEqual([before, []]);
  });

  it("is one commit, and leaves the other side as it was", () => {
    const { store, other } = stores({ a: 1, b: 1 }, { a: 2, b: 1, c: 3 });
    const before = picture(other);
    const commits = subscribed(store);
    const told = watched(store);
    const others = subscribed(other);
    store.merge(other, "overwrite");
    expect(told).toEqual([
      ["set", "a", 1, 2],
      ["set", "c", undefined, 3],
    ]);
    expect([commits.length, others.length, picture(other)]).toEqual([1, 0, before]);
    expect(new Set([store.meta("a")?.version, store.meta("c")?.version])).toEqual(new Set([commits[0]?.version]));
  });

  it("with itself, a clone or a reader of itself changes nothing under any strategy", () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    scope.set("k", [1, { a: 1n }], { tags: ["t"], properties: { p: 1 }, description: "d", ttl: 50 });
    scope.set("l", new Date(0));
    const before = picture(store);
    const commits = subscribed(store);
    for (const [view, keys] of [
      [store, ["s:k", "s:l"]],
      [scope, ["k", "l"]],
    ] as const) {
      for (const other of [view, view.reader(), view.clone()]) {
        for (const strategy of strategies) expect(view.merge(other, strategy)).toEqual({ ...nothing, skipped: keys, collisions: keys });
        for (const strategy of strategies) expect(view.merge(other, { strategy, base: other })).toEqual(nothing);
      }
    }
    expect([picture(store), commits]).toEqual([before, []]);
  });

  it("of an entry that differs in metadata or deadline alone is a conflict", () => {
    for (const [ours, theirs] of [
      [{ tags: ["a"] }, { tags: ["b"] }],
      [{}, { tags: [""] }],
      [{ properties: { p: 1 } }, { properties: { p: 2 } }],
      [{ description: "a" }, { description: "" }],
      [{ ttl: 50 }, { ttl: 51 }],
      [{ ttl: 50 }, {}],
    ] as SetOptions[][]) {
      const { store, other } = stores({}, {});
      store.set("k", 1, ours);
      other.set("k", 1, theirs);
      expect(expectError(() => store.merge(other, "error"), "CONFLICT").key).toBe("k");
      expect(store.merge(other, "overwrite").overwritten).toEqual(["k"]);
    }
    const { store, other } = stores({}, {});
    store.set("k", 1, { properties: { p: 1, q: 2 } });
    other.set("k", 1, { properties: { q: 2, p: 1 } });
    expect(store.merge(other, "error").skipped).toEqual(["k"]);
  });

  it("keeps deadlines as they are, not the default of this side", () => {
    const { store, other, clock } = stores({}, {});
    const defaulted = createStore({ clock, defaultTtl: 7 });
    other.set("timed", 1, { ttl: 50 });
    other.set("lasting", 1);
    clock.advance(20);
    for (const target of [store, defaulted]) {
      target.set("timed", 0, { ttl: 5 });
      target.set("lasting", 0, { ttl: 5 });
      target.merge(other, "overwrite");
      expect([target.ttl("timed"), target.ttl("lasting")]).toEqual([30, null]);
    }
    clock.advance(30);
    expect([keysOf(store), clock.pendingTimers]).toEqual([["lasting"], 0]);
  });

  it("sees no expired entry on either side, to the millisecond", () => {
    const { store, other, clock } = stores({}, {});
    store.set("ours", "old", { ttl: 50 });
    other.set("ours", "new");
    other.set("theirs", "old", { ttl: 50 });
    const told = watched(store);
    clock.advance(50);
    expect(store.collisions(other)).toEqual([]);
    expect(store.merge(other, "error")).toEqual({ ...nothing, added: ["ours"] });
    expect(told).toEqual([
      ["expire", "ours", "old", undefined],
      ["set", "ours", undefined, "new"],
    ]);
  });

  it("unites tags, lets incoming properties and descriptions win, and keeps what the other side has not", () => {
    const { store, other } = stores({}, {});
    const set = (target: Store, key: string, value: Value, options: SetOptions) => target.set(key, value, options);
    set(store, "both", 1, { tags: ["b", "a"], properties: { ours: 1, both: 1 }, description: "ours" });
    set(other, "both", 2, { tags: ["c", "b"], properties: { both: [2n], theirs: 2 }, description: "theirs" });
    set(store, "kept", 1, { tags: ["a"], properties: { p: 1 }, description: "ours" });
    set(other, "kept", 2, {});
    set(store, "bare", 1, {});
    set(other, "bare", 2, { tags: ["t"], properties: { p: new Date(5) }, description: "" });
    set(other, "new", 2, { tags: ["t"], properties: { p: 2 }, description: "theirs" });
    store.merge(other, "overwrite");
    expect(["both", "kept", "bare", "new"].map((key) => [store.get(key), store.meta(key)])).toMatchObject([
      [2, { tags: ["a", "b", "c"], properties: { ours: 1, both: [2n], theirs: 2 }, description: "theirs" }],
      [2, { tags: ["a"], properties: { p: 1 }, description: "ours" }],
      [2, { tags: ["t"], properties: { p: new Date(5) }, description: "" }],
      [2, { tags: ["t"], properties: { p: 2 }, description: "theirs" }],
    ]);
    expect([...store.find({ allTags: ["c"] })]).toEqual(["both"]);
    expect([...store.find({ allTags: ["t"] })]).toEqual(["bare", "new"]);
  });

  it("works between stores, scopes and readers, by short keys", () => {
    const { store, other } = stores({ "s:a": 1, outside: 1 }, { "t:a": 2, "t:b": 2, outside: 2 });
    const scope = store.scope("s");
    const told = watched(scope);
    const error = expectError(() => scope.merge(other.scope("t"), "error"), "CONFLICT");
    expect([error.key, error.scope]).toEqual(["a", "s"]);
    expect(scope.merge(other.reader().scope("t"), "overwrite")).toEqual({
      ...nothing,
      added: ["b"],
      overwritten: ["a"],
      collisions: ["a"],
    });
    expect(told.map(([, key]) => key)).toEqual(["a", "b"]);
    expect(store.merge(other.scope("t").reader(), "skip").added).toEqual(["a", "b"]);
    expect(store.isolate("i").merge(store.scope("s"), "error").added).toEqual(["a", "b"]);
    expect(keysOf(store)).toEqual(["a", "b", "outside", "s:a", "s:b", "~i:a", "~i:b"]);
    expect(scope.merge(store, "skip").added).toEqual(["outside", "s:a", "s:b", "~i:a", "~i:b"]);
  });

  it("refuses a key that becomes too long, whole", () => {
    const { store, other } = stores({}, { a: 1, ["k".repeat(1024)]: 1 });
    expectError(() => store.scope("s").merge(other, "skip"), "INVALID_KEY");
    expect(store.scope("s").collisions(other)).toEqual([]);
    expect(store.size).toBe(0);
  });

  it("obeys bounds when all is done, and is refused whole", () => {
    const { other, clock } = stores({}, { a: 1, b: 2, c: 3 });
    const rejecting = createStore({ clock, maxEntries: 2, policy: "reject" });
    rejecting.set("a", 0);
    const before = picture(rejecting);
    for (const strategy of ["skip", "overwrite", () => ({ value: "x" })] as MergeStrategy[]) {
      expectError(() => rejecting.merge(other, strategy), "QUOTA_EXCEEDED");
      expect(picture(rejecting)).toEqual(before);
    }
    const evicting = createStore({ clock, maxEntries: 3 });
    evicting.set("old", 0);
    evicting.set("a", 0);
    const told = watched(evicting);
    evicting.merge(other, "overwrite");
    expect(told).toEqual([
      ["set", "a", 0, 1],
      ["set", "b", undefined, 2],
      ["set", "c", undefined, 3],
      ["evict", "old", 0, undefined],
    ]);
    const small = createStore({ clock, maxEntries: 2 });
    expectError(() => small.merge(other, "skip"), "QUOTA_EXCEEDED");
    expect(small.size).toBe(0);
  });

  it("copyFrom is a merge that skips, and collisions are the keys on both sides", () => {
    const { store, other } = stores({ a: 1, b: 1 }, { b: 2, c: 2 });
    expect(store.collisions(other)).toEqual(["b"]);
    expect(store.collisions(other.reader())).toEqual(["b"]);
    expect(store.copyFrom(other)).toEqual({ ...nothing, added: ["c"], skipped: ["b"], collisions: ["b"] });
    expect(store.copyFrom(store)).toMatchObject({ added: [], skipped: ["a", "b", "c"] });
    expect(store.get("b")).toBe(1);
  });

  it("leaves the memo true", () => {
    const { store, other } = stores({ k: { n: 1 }, same: { n: 1 } }, { k: { n: 2 }, same: { n: 1 } });
    const [before, same] = [store.get("k"), store.get("same")];
    store.merge(other, "overwrite");
    expect([before, store.get("k")]).toEqual([{ n: 1 }, { n: 2 }]);
    expect(store.get("same")).toBe(same);
  });

  it("refuses what is no view and no strategy, before anything happens", () => {
    const { store, other } = stores({}, { a: 1 });
    for (const view of [undefined, null, {}, [], new Map(), "store", () => other]) {
      for (const call of [
        () => store.merge(view as never, "skip"),
        () => store.copyFrom(view as never),
        () => store.collisions(view as never),
        () => store.diff(view as never),
      ]) {
        expectError(call, "INVALID_ARGUMENT", "other");
      }
      if (view !== undefined) expectError(() => store.merge(other, { strategy: "skip", base: view as never }), "INVALID_ARGUMENT", "base");
    }
    for (const how of [undefined, null, "replace", 5, {}, { strategy: null }, { strategy: { strategy: "skip" } }]) {
      expectError(() => store.merge(other, how as never), "INVALID_ARGUMENT", "strategy");
    }
    expect(store.size).toBe(0);
    expect(store.merge(other, { strategy: "skip", base: undefined }).added).toEqual(["a"]);
  });

  it("is CLOSED where either side, or the base, has been disposed of", () => {
    const calls: ((store: Store, other: StoreReader) => unknown)[] = [
      (store, other) => store.merge(other, "skip"),
      (store, other) => store.merge(other, { strategy: "error", base: other }),
      (store, other) => store.diff(other),
      (store, other) => store.copyFrom(other),
      (store, other) => store.collisions(other),
    ];
    for (const call of calls) {
      const { store, other } = stores({ a: 1 }, { a: 2 });
      const [healthy, base] = [createStore(), createStore()];
      base.dispose();
      expectError(() => store.merge(other, { strategy: "skip", base }), "CLOSED");
      other.dispose();
      expectError(() => call(store, other), "CLOSED");
      expectError(() => call(other, store), "CLOSED");
      const scope = store.scope("s");
      scope.dispose();
      expectError(() => call(store, scope), "CLOSED");
      expectError(() => call(scope, store), "CLOSED");
      healthy.merge(store, "skip");
      expect(healthy.get("a")).toBe(1);
    }
  });

  it("is CLOSED, and fails no other store, where a listener disposes of a side on the way", () => {
    for (const call of [
      (store: Store, other: Store) => store.merge(other, "overwrite"),
      (store: Store, other: Store) => store.merge(other, () => "overwrite"),
      (store: Store, other: Store) => store.merge(other, { strategy: "error", base: other }),
      (store: Store, other: Store) => store.diff(other),
    ]) {
      let time = 1_000;
      const clock = { now: () => time, setTimer: () => 0, clearTimer: () => undefined };
      const [store, other] = [createStore({ clock }), createStore({ clock })];
      store.set("k", 1);
      other.set("k", 2);
      other.set("due", 1, { ttl: 50 });
      other.watch("due", () => store.dispose());
      time += 50;
      expectError(() => call(store, other), "CLOSED");
      expect([...other.keys()]).toEqual(["k"]);
      expect(createStore().size).toBe(0);
    }
  });
});
