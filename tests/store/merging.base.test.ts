/** Promises of contract 7: a merge with a base brings in what has changed since. */
import { describe, expect, it } from "vitest";
import { createStore, type MergeConflict } from "../../ts/index.js";
import { branches, nothing, stores } from "./merging.support.js";
import { contentsOf, expectError, keysOf, timedStore, watched } from "./support.js";

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
