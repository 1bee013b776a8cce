/** Promises of contract 7: a merge is one atomic change under every strategy, keeps deadlines and metadata by its rules, and knows a base. */
import { describe, expect, it } from "vitest";
import {
  createStore,
  type MergeConflict,
  type MergeResolution,
  type MergeStrategy,
  type SetOptions,
  type Store,
  type StoreReader,
  type Value,
} from "../../ts/index.js";
import { contentsOf, expectError, keysOf, picture, subscribed, timedStore, watched } from "./support.js";

const nothing = { added: [], overwritten: [], skipped: [], deleted: [], collisions: [] };
const strategies: readonly MergeStrategy[] = ["skip", "overwrite", "error", () => "overwrite", () => "skip"];

/** Stores of the same clock. */
function stores(ours: Record<string, Value>, theirs: Record<string, Value>) {
  const timed = timedStore();
  timed.store.setMany(Object.entries(ours));
  const other = createStore({ clock: timed.clock });
  other.setMany(Object.entries(theirs));
  return { ...timed, other };
}

/** A base, and two stores that began from it. */
function branches(values: Record<string, Value>) {
  const { store, clock } = timedStore();
  store.setMany(Object.entries(values));
  return { store, clock, base: store.clone(), other: store.clone() };
}

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

describe("a function as strategy", () => {
  it("is asked once for each conflict, in key order, with both sides, and of nothing else", () => {
    const { store, other } = stores({ b: { n: 1 }, a: 1, same: 1, ours: 1 }, { b: { n: 2 }, a: 2, same: 1, theirs: 2 });
    const asked: MergeConflict[] = [];
    const result = store.merge(other, (conflict) => {
      asked.push(conflict);
      return conflict.key === "a" ? "skip" : "overwrite";
    });
    expect(asked).toEqual([
      { key: "a", ours: 1, incoming: 2, base: undefined },
      { key: "b", ours: { n: 1 }, incoming: { n: 2 }, base: undefined },
    ]);
    expect(Object.isFrozen(asked[1]?.incoming)).toBe(true);
    expect(result).toEqual({ added: ["theirs"], overwritten: ["b"], skipped: ["a", "same"], deleted: [], collisions: ["a", "b", "same"] });
    expect([store.get("a"), store.get("b")]).toEqual([1, { n: 2 }]);
  });

  it("may give a value in the place of both, by the options of a set, in the same commit", () => {
    const { store, other } = stores({}, {});
    store.set("k", [1], { tags: ["ours"], properties: { p: 1 }, ttl: 50 });
    other.set("k", [2], { tags: ["theirs"], description: "theirs" });
    store.set("l", 1, { ttl: 50 });
    other.set("l", 2);
    other.set("new", 1);
    const commits = subscribed(store);
    const result = store.merge(other, ({ key, ours, incoming }) =>
      key === "k" ? { value: [ours, incoming], tags: ["joined"] } : { value: new Date(5), keepTtl: true },
    );
    expect(result).toEqual({ ...nothing, added: ["new"], overwritten: ["k", "l"], collisions: ["k", "l"] });
    expect([store.get("k"), store.ttl("k"), store.get("l"), store.ttl("l")]).toEqual([[[1], [2]], null, new Date(5), 50]);
    expect(store.meta("k")).toMatchObject({ tags: ["joined"], properties: { p: 1 }, description: null });
    expect(commits.map(({ changes }) => changes.map(({ key }) => key))).toEqual([["k", "l", "new"]]);
  });

  it("that throws, or returns what is no answer, leaves all as it was", () => {
    const failure = new Error("strategy");
    const answers: [() => unknown, string | Error][] = [
      [
        () => {
          throw failure;
        },
        failure,
      ],
      [() => undefined, "INVALID_ARGUMENT"],
      [() => null, "INVALID_ARGUMENT"],
      [() => "error", "INVALID_ARGUMENT"],
      [() => 0, "INVALID_ARGUMENT"],
      [() => ({}), "INVALID_ARGUMENT"],
      [() => Promise.resolve("skip"), "INVALID_ARGUMENT"],
      [() => ({ value: undefined }), "INVALID_VALUE"],
      [() => ({ value: () => 1 }), "INVALID_VALUE"],
      [() => ({ value: 1, ttl: 0 }), "OUT_OF_RANGE"],
      [() => ({ value: 1, tags: "t" }), "INVALID_ARGUMENT"],
      [() => ({ value: 1, ttl: 5, keepTtl: true }), "INVALID_ARGUMENT"],
    ];
    for (const [answer, expected] of answers) {
      const { store, other } = stores({ a: 1, b: 1 }, { a: 2, b: 2, c: 3 });
      const scope = store.scope("s");
      scope.merge(store, "skip");
      const before = picture(store);
      const commits = subscribed(store);
      const strategy = ({ key }: MergeConflict) => (key === "a" ? { value: "staged" } : answer()) as MergeResolution;
      if (typeof expected === "string") expectError(() => scope.merge(other, strategy), expected as "CONFLICT");
      else expect(() => scope.merge(other, strategy)).toThrow(expected);
      expect([picture(store), commits]).toEqual([before, []]);
      // Nothing of what was staged shows up in the next commit.
      store.set("next", 1);
      expect(commits.map(({ changes }) => changes.map(({ key }) => key))).toEqual([["next"]]);
    }
  });

  it("names the key of a value that is refused, relative to the scope", () => {
    const { store, other } = stores({ "s:a": 1 }, { a: 2 });
    const error = expectError(
      () => store.scope("s").merge(other, () => ({ value: { deep: [() => 1] } as never })),
      "INVALID_VALUE",
      "$.deep[0]",
    );
    expect([error.key, error.scope]).toEqual(["a", "s"]);
  });

  it("may read the store, and ends the merge with a CONFLICT where it changes it", () => {
    const { store, other } = stores({ a: 1, b: 1 }, { a: 2, b: 2 });
    expect(store.merge(other, ({ key }) => (store.get(key) === 1 && store.size === 2 ? "skip" : "overwrite")).skipped).toEqual(["a", "b"]);
    for (const change of [() => store.set("b", "meanwhile"), () => store.set("x", 1), () => store.transaction((tx) => tx.delete("a"))]) {
      const before = contentsOf(other);
      expectError(
        () =>
          store.merge(other, () => {
            change();
            return "overwrite";
          }),
        "CONFLICT",
      );
      expect(contentsOf(other)).toEqual(before);
    }
    expect(contentsOf(store)).toEqual([
      ["b", "meanwhile"],
      ["x", 1],
    ]);
  });

  it("may change the other side, of which the merge holds what it began with", () => {
    const { store, other } = stores({ a: 1 }, { a: 2, b: 2 });
    store.merge(other, () => {
      other.clear();
      return "overwrite";
    });
    expect([contentsOf(store), other.size]).toEqual([
      [
        ["a", 2],
        ["b", 2],
      ],
      0,
    ]);
  });

  it("is not disturbed by what merely expires meanwhile", () => {
    let time = 1_000;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => undefined };
    const [store, other] = [createStore({ clock }), createStore({ clock })];
    store.set("k", 1);
    other.set("k", 2);
    store.set("brief", 1, { ttl: 5 });
    store.set("soon", 1, { ttl: 10 });
    const told = watched(store);
    const result = store.merge(other, () => {
      time += 5;
      store.has("brief");
      time += 5;
      return { value: 3 };
    });
    expect(result.overwritten).toEqual(["k"]);
    expect(told).toEqual([
      ["expire", "brief", 1, undefined],
      ["expire", "soon", 1, undefined],
      ["set", "k", 1, 3],
    ]);
  });

  it("that disposes of the store ends in CLOSED, and fails no other", () => {
    const { store, other } = stores({ a: 1 }, { a: 2 });
    expectError(
      () =>
        store.merge(other, () => {
          store.dispose();
          return "overwrite";
        }),
      "CLOSED",
    );
    expect(other.get("a")).toBe(2);
    expect(createStore().merge(other, "skip").added).toEqual(["a"]);
  });
});

describe("with a base", () => {
  it("only what the other side has changed since comes in, deletions too", () => {
    const { store, base, other } = branches({ a: 1, b: 1, c: 1, d: 1 });
    other.set("a", 2);
    other.delete("b");
    other.set("new", 2);
    store.set("c", 3);
    store.set("own", 3);
    const told = watched(store);
    expect(store.merge(other, { strategy: "error", base })).toEqual({ ...nothing, added: ["new"], overwritten: ["a"], deleted: ["b"] });
    expect(contentsOf(store)).toEqual([
      ["a", 2],
      ["c", 3],
      ["d", 1],
      ["new", 2],
      ["own", 3],
    ]);
    expect(told).toEqual([
      ["set", "a", 1, 2],
      ["delete", "b", 1, undefined],
      ["set", "new", undefined, 2],
    ]);
  });

  it("what both changed is a conflict, unless both made the same of it", () => {
    const make = () => {
      const made = branches({ changed: 0, same: 0, deletedHere: 0, deletedThere: 0, deletedTwice: 0 });
      const { store, other } = made;
      for (const [side, value] of [
        [store, 1],
        [other, 2],
      ] as const) {
        side.set("changed", value);
        side.set("same", "same");
        side.delete("deletedTwice");
        side.set("addedTwice", value);
      }
      store.delete("deletedHere");
      other.set("deletedHere", 2);
      store.set("deletedThere", 1);
      other.delete("deletedThere");
      return made;
    };
    const collisions = ["addedTwice", "changed", "deletedHere", "deletedThere", "deletedTwice", "same"];
    const skipping = make();
    const before = contentsOf(skipping.store);
    expect(skipping.store.merge(skipping.other, { strategy: "skip", base: skipping.base })).toEqual({
      ...nothing,
      skipped: collisions,
      collisions,
    });
    expect(contentsOf(skipping.store)).toEqual(before);
    expect(expectError(() => skipping.store.merge(skipping.other, { strategy: "error", base: skipping.base }), "CONFLICT").key).toBe(
      "addedTwice",
    );

    const winning = make();
    expect(winning.store.merge(winning.other, { strategy: "overwrite", base: winning.base })).toEqual({
      added: ["deletedHere"],
      overwritten: ["addedTwice", "changed"],
      deleted: ["deletedThere"],
      skipped: ["deletedTwice", "same"],
      collisions,
    });
    expect(contentsOf(winning.store)).toEqual(contentsOf(winning.other));

    const asking = make();
    const asked: MergeConflict[] = [];
    const result = asking.store.merge(asking.other, {
      base: asking.base,
      strategy: (conflict) => {
        asked.push(conflict);
        return { value: `decided ${conflict.key}` };
      },
    });
    expect(asked).toEqual([
      { key: "addedTwice", ours: 1, incoming: 2, base: undefined },
      { key: "changed", ours: 1, incoming: 2, base: 0 },
      { key: "deletedHere", ours: undefined, incoming: 2, base: 0 },
      { key: "deletedThere", ours: 1, incoming: undefined, base: 0 },
    ]);
    expect(result).toMatchObject({ added: ["deletedHere"], overwritten: ["addedTwice", "changed", "deletedThere"], deleted: [] });
    expect(asking.store.get("deletedThere")).toBe("decided deletedThere");
  });

  it("a change of metadata or of the deadline alone comes in as it is, removals too", () => {
    const { store, base, other } = branches({ tagged: 1, timed: 1, cleared: 1 });
    for (const side of [store, base, other]) side.set("cleared", 1, { tags: ["t"], properties: { p: 1 }, description: "d", ttl: 50 });
    other.addTag("tagged", "t");
    other.touch("timed", 90);
    other.set("cleared", 1, { tags: [], properties: {}, description: null });
    expect(store.merge(other, { strategy: "error", base }).overwritten).toEqual(["cleared", "tagged", "timed"]);
    expect(store.diff(other)).toEqual({ added: [], removed: [], changed: [] });
    expect(store.meta("cleared")).toMatchObject({ tags: [], properties: {}, description: null, deadline: null });
  });

  it("what has expired is not there, in the base as on either side", () => {
    const { store, clock } = timedStore();
    for (const key of ["untouched", "renewedThere", "renewedHere"]) store.set(key, 0, { ttl: 50 });
    store.set("dyingThere", 0);
    const [base, other] = [store.clone(), store.clone()];
    other.touch("renewedThere", 500);
    store.touch("renewedHere", 500);
    other.touch("dyingThere", 50);
    clock.advance(50);
    expect(store.merge(other, { strategy: "error", base })).toEqual({ ...nothing, added: ["renewedThere"], deleted: ["dyingThere"] });
    expect(keysOf(store)).toEqual(["renewedHere", "renewedThere"]);
  });

  it("that is no relative is taken by its contents, and may be a scope or a reader", () => {
    const { store } = timedStore();
    const [ours, base, theirs] = [store.scope("ours"), store.scope("base"), store.scope("theirs")];
    for (const scope of [ours, base, theirs]) scope.set("k", "base");
    theirs.set("k", "theirs");
    theirs.set("new", 1);
    base.set("gone", 1);
    ours.set("gone", 1);
    ours.set("own", 1);
    expect(ours.merge(theirs, { strategy: "error", base: base.reader() })).toEqual({
      ...nothing,
      added: ["new"],
      overwritten: ["k"],
      deleted: ["gone"],
    });
    expect(keysOf(ours)).toEqual(["k", "new", "own"]);
  });

  it("an empty one makes every entry of the other side a change", () => {
    const { store, other } = stores({ a: 1, b: 1 }, { a: 2, c: 2 });
    const base = createStore();
    expect(store.merge(other, { strategy: "overwrite", base })).toEqual({
      ...nothing,
      added: ["c"],
      overwritten: ["a"],
      collisions: ["a"],
    });
    expect(store.get("b")).toBe(1);
  });

  it("merging both ways makes both sides the same", () => {
    const { store, base, other } = branches(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n])));
    for (let n = 0; n < 300; n += 3) store.set(`k${n}`, `ours ${n}`);
    for (let n = 1; n < 300; n += 3) other.delete(`k${n}`);
    for (let n = 0; n < 50; n += 1) other.set(`new${n}`, n);
    store.merge(other, { strategy: "error", base });
    other.merge(store, { strategy: "error", base });
    expect(other.snapshot()).toEqual(store.snapshot());
    expect(store.size).toBe(250);
  });
});

describe("a clone", () => {
  it("has data, metadata, deadlines, limits and clock, and is independent both ways", () => {
    const { store, clock } = timedStore({ maxEntries: 3, defaultTtl: 500 });
    store.set("a", { n: 1 }, { tags: ["t"], properties: { p: 1 }, description: "d", ttl: 50 });
    store.set("b", 2);
    const clone = store.clone();
    expect(picture(clone)).toEqual(picture(store));
    expect(clone.snapshot()).toEqual(store.snapshot());
    clone.set("c", 1);
    store.delete("b");
    expect([keysOf(store), keysOf(clone), clone.ttl("c")]).toEqual([["a"], ["a", "b", "c"], 500]);
    clone.set("d", 1);
    expect(keysOf(clone)).toEqual(["b", "c", "d"]);
    clock.advance(50);
    expect([keysOf(store), [...clone.find({ allTags: ["t"] })]]).toEqual([[], []]);
  });

  it("has no listeners, and outlives its store", () => {
    const evicted: unknown[] = [];
    const { store, clock } = timedStore({ onEvict: (key) => evicted.push(key) });
    store.set("a", 1, { ttl: 50 });
    store.set("b", 1);
    const told = watched(store);
    const clone = store.clone();
    clone.delete("b");
    store.dispose();
    const heard = watched(clone);
    clock.advance(50);
    expect([told, evicted, heard]).toEqual([[], [], [["expire", "a", 1, undefined]]]);
  });

  it("of a scope has the scope's short keys, its bounds, and nothing else", () => {
    const { store } = timedStore({ maxEntries: 50 });
    const scope = store.scope("s", { maxEntries: 2 });
    store.set("outside", 1);
    scope.set("a", 1, { tags: ["t"], ttl: 50 });
    scope.scope("t").set("b", 2);
    const clone = scope.clone();
    expect(picture(clone)).toEqual(picture(scope));
    expect([keysOf(clone), [...clone.find({ allTags: ["t"] })], clone.ttl("a")]).toEqual([["a", "t:b"], ["a"], 50]);
    clone.set("c", 1);
    expect([clone.size, scope.size]).toEqual([2, 2]);
    expect(store.scope("s").merge(clone, { strategy: "error", base: scope.clone() })).toMatchObject({ added: ["c"], deleted: ["a"] });
  });
});
