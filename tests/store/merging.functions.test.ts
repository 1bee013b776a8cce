/** Promises of contract 7: a function decides each conflict of a merge. */
import { describe, expect, it } from "vitest";
import { createStore, type MergeConflict, type MergeResolution } from "../../ts/index.js";
import { nothing, stores } from "./merging.support.js";
import { contentsOf, expectError, picture, subscribed, watched } from "./support.js";

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
