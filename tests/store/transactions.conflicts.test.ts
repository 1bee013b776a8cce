/** Promises of contract 8: no transaction commits that stands on what has changed meanwhile, and none is refused for what it was not told. */
import { describe, expect, it } from "vitest";
import type { Store, Transaction } from "../../ts/index.js";
import { expectError, fill, keysOf, timedStore } from "./support.js";

import { interleaved, rejection } from "./transactions.support.js";

describe("what a body was told", () => {
  const conflicts: [string, (tx: Transaction) => unknown, (store: Store) => unknown, string][] = [
    ["a value", (tx) => tx.get("a"), (store) => store.set("a", "b"), "a"],
    ["a value that is set again", (tx) => tx.get("a"), (store) => store.set("a", "a"), "a"],
    ["a value that is deleted", (tx) => tx.peek("a"), (store) => store.delete("a"), "a"],
    ["a value that is deleted and set again", (tx) => tx.get("a"), (store) => [store.delete("a"), store.set("a", "a")], "a"],
    ["metadata", (tx) => tx.meta("a"), (store) => store.addTag("a", "t"), "a"],
    ["a deadline", (tx) => tx.ttl("a"), (store) => store.touch("a", 50), "a"],
    ["a kind", (tx) => tx.kindOf("a"), (store) => store.set("a", 5), "a"],
    ["a tag", (tx) => tx.hasTag("a", "t"), (store) => store.addTag("a", "t"), "a"],
    ["a copy to edit", (tx) => tx.getMutable("a"), (store) => store.set("a", 5), "a"],
    ["that a key is missing", (tx) => tx.get("x"), (store) => store.set("x", 1), "x"],
    ["that a key is not there", (tx) => tx.has("x"), (store) => store.set("x", 1), "x"],
    ["a fallback", (tx) => tx.getOrDefault("x", 1), (store) => store.set("x", 1), "x"],
    ["one of many", (tx) => tx.getMany(["a", "x"]), (store) => store.set("x", 1), "x"],
    ["that a delete found nothing", (tx) => tx.delete("x"), (store) => store.set("x", 1), "x"],
    ["that a delete found something", (tx) => tx.delete("a"), (store) => store.delete("a"), "a"],
    ["how many deletes found", (tx) => tx.deleteMany(["x", "y"]), (store) => store.set("y", 1), "y"],
    ["whether a touch found something", (tx) => tx.touch("x", 5), (store) => store.set("x", 1), "x"],
    ["whether there was something to tag", (tx) => tx.addTag("x", "t"), (store) => store.set("x", 1), "x"],
    ["a version", (tx) => tx.compareAndSet("x", 1, { version: 0 }), (store) => store.set("x", 1), "x"],
    ["the size", (tx) => tx.size, (store) => store.set("x", 1), "x"],
    ["the size, where one comes and one goes", (tx) => tx.size, (store) => [store.delete("b"), store.set("x", 1)], "b"],
    ["how much a scope holds", (tx) => tx.scope("s").stats(), (store) => store.set("s:k", "longer"), "s:k"],
    ["how many were cleared", (tx) => tx.clear(), (store) => store.set("x", 1), "x"],
    ["the keys", (tx) => [...tx.keys()], (store) => store.delete("b"), "b"],
    ["the keys, where a value changes", (tx) => [...tx.keys()], (store) => store.set("b", 1), "b"],
    ["keys that were not fetched", (tx) => tx.keys().next(), (store) => store.set("z", 1), "z"],
    ["keys beyond a limit", (tx) => [...tx.keys({ limit: 1 })], (store) => store.set("z", 1), "z"],
    ["a page", (tx) => [...tx.keys({ after: "b" })], (store) => store.set("ba", 1), "ba"],
    ["a page, from the last to the first", (tx) => [...tx.keys({ after: "b", reverse: true })], (store) => store.set("aa", 1), "aa"],
    ["entries", (tx) => [...tx.entries({ prefix: "s:" })], (store) => store.set("s:x", 1), "s:x"],
    ["values", (tx) => [...tx.values()], (store) => store.set("a", 1), "a"],
    ["what was iterated", (tx) => [...tx], (store) => store.set("a", 1), "a"],
    ["what was found", (tx) => [...tx.find({ allTags: ["t"] })], (store) => store.set("x", 1, { tags: ["t"] }), "x"],
    ["what was not found", (tx) => [...tx.find({ anyTags: ["t"], prefix: "s:" })], (store) => store.addTag("s:k", "t"), "s:k"],
    ["keys of a scope", (tx) => keysOf(tx.scope("s")), (store) => store.set("s:x", 1), "s:x"],
    ["a key of an isolated scope", (tx) => tx.isolate("i").get("k"), (store) => store.isolate("i").set("k", 1), "~i:k"],
    ["a key that it then set itself", (tx) => [tx.get("a"), tx.set("a", 1)], (store) => store.set("a", 2), "a"],
    ["a key that it deleted and set", (tx) => [tx.delete("x"), tx.set("x", 1)], (store) => store.set("x", 2), "x"],
    ["metadata that its own set kept", (tx) => [tx.set("a", 1), tx.meta("a")], (store) => store.addTag("a", "t"), "a"],
    ["a tag that its own set kept", (tx) => [tx.set("a", 1), tx.hasTag("a", "t")], (store) => store.addTag("a", "t"), "a"],
    ["a range that it then cleared", (tx) => [tx.scope("s").size, tx.scope("s").clear()], (store) => store.set("s:x", 1), "s:x"],
  ];

  const filled = () => {
    const timed = timedStore();
    fill(timed.store, "a", "b", "c", "s:k");
    return timed;
  };

  it.each(conflicts)("conflicts when it has changed: %s", async (_, told, change, key) => {
    const { store } = filled();
    const commits: unknown[] = [];
    const error = await interleaved(
      store,
      (tx) => {
        told(tx);
        tx.set("written", 1);
      },
      (changed) => {
        change(changed);
        store.subscribe((commit) => commits.push(commit));
      },
    );
    expect(error).toMatchObject({ code: "CONFLICT", key });
    expect([store.has("written"), commits]).toEqual([false, []]);
  });

  it.each(conflicts)("is no conflict while it stays as it was: %s", async (_, told) => {
    const { store } = filled();
    expect(await interleaved(store, told, () => undefined)).toBe("done");
  });

  const independent: [string, (tx: Transaction) => unknown, (store: Store) => unknown][] = [
    ["a set of the same key, without having read it", (tx) => tx.set("a", "tx"), (store) => store.set("a", "other")],
    ["what it reads of its own writes", (tx) => [tx.set("a", "tx"), tx.get("a"), tx.has("a")], (store) => store.set("a", "other")],
    ["keys outside a range", (tx) => keysOf(tx.scope("s")), (store) => [store.set("x", 1), store.set("s", 1), store.set("t:k", 1)]],
    ["keys before a page", (tx) => [...tx.keys({ after: "b" })], (store) => [store.set("b", 1), store.set("aa", 1)]],
    ["keys behind a page from the last to the first", (tx) => [...tx.keys({ after: "b", reverse: true })], (store) => store.set("b", 1)],
    ["a delete of what was never there", (tx) => tx.get("x"), (store) => store.delete("x")],
    ["what came and went", (tx) => keysOf(tx), (store) => [store.set("x", 1), store.delete("x")]],
    ["a refused write", (tx) => keysOf(tx), (store) => expectError(() => store.set("a", 1, { ttl: 0 }), "OUT_OF_RANGE")],
  ];

  it.each(independent)("does not conflict with %s", async (_, told, change) => {
    const { store } = filled();
    expect(await interleaved(store, (tx) => [told(tx), tx.set("written", 1)], change)).toBe("done");
    expect(store.get("written")).toBe(1);
  });

  it("lets a blind set win over what was set meanwhile", async () => {
    const { store } = filled();
    await interleaved(
      store,
      (tx) => tx.set("a", "tx"),
      (other) => other.set("a", "other", { tags: ["t"] }),
    );
    expect([store.get("a"), store.meta("a")?.tags]).toEqual(["tx", ["t"]]);
  });

  it("conflicts when it has expired meanwhile", async () => {
    for (const told of [(tx: Transaction) => tx.get("k"), (tx: Transaction) => tx.size, (tx: Transaction) => tx.delete("k")]) {
      const { store, clock } = timedStore();
      store.set("k", 1, { ttl: 50 });
      const error = await interleaved(store, told, () => clock.advance(50));
      expect(error).toMatchObject({ code: "CONFLICT", key: "k" });
    }
  });

  it("does not conflict over what had expired before it was told", async () => {
    for (const told of [(tx: Transaction) => tx.get("k"), (tx: Transaction) => tx.size, (tx: Transaction) => keysOf(tx)]) {
      const { store, clock } = timedStore();
      store.set("k", 1, { ttl: 50 });
      store.set("other", 1);
      const done = store.transaction(async (tx) => {
        await Promise.resolve();
        clock.advance(50);
        told(tx);
        tx.set("written", 1);
        await Promise.resolve();
      });
      await done;
      expect(keysOf(store)).toEqual(["other", "written"]);
    }
  });

  it("conflicts over what it was told before and after it expired", async () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 50 });
    const done = store.transaction(async (tx) => {
      expect(tx.size).toBe(1);
      await Promise.resolve();
      clock.advance(50);
      expect(tx.size).toBe(0);
    });
    expect((await rejection(done)).code).toBe("CONFLICT");
  });
});
