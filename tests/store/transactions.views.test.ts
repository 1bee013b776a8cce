/** Promises of contract 8 on what a body holds, and on what is around it: the store, its bounds, its listeners and its end. */
import { describe, expect, it } from "vitest";
import { createStore, type Store, type Transaction } from "../../ts/index.js";
import { contentsOf, expectError, fill, keysOf, picture, subscribed, timedStore, watched } from "./support.js";

import { interleaved, rejection } from "./transactions.support.js";

describe("the store itself, inside a body", () => {
  it("commits at once, apart from the transaction", () => {
    const { store } = timedStore();
    const commits = subscribed(store);
    store.transaction((tx) => {
      tx.set("tx", 1);
      store.set("direct", 1);
      expect([tx.has("tx"), store.has("tx"), store.has("direct")]).toEqual([true, false, true]);
    });
    expect(commits.map(({ changes }) => changes.map(({ key }) => key))).toEqual([["direct"], ["tx"]]);
    // Nor does the body see it, which began before; what it is told of it no longer holds when it commits.
    const error = expectError(
      () =>
        store.transaction((tx) => {
          store.set("late", 1);
          expect(tx.has("late")).toBe(false);
        }),
      "CONFLICT",
    );
    expect(error.key).toBe("late");
  });

  it("may run transactions within one, each of its own", () => {
    const { store } = timedStore();
    store.transaction((outer) => {
      outer.set("outer", 1);
      store.transaction((inner) => inner.set("inner", 1));
      expect(keysOf(store)).toEqual(["inner"]);
    });
    expect(keysOf(store)).toEqual(["inner", "outer"]);
  });
});

// Another store could read a body's view whole by merge and diff, and nothing of that was checked when it committed.
describe("what another store is told of a body's view", () => {
  const askers: [string, (other: Store, tx: Transaction) => unknown][] = [
    ["merge", (other, tx) => other.merge(tx, "skip")],
    ["merge with it as base", (other, tx) => other.merge(other.clone(), { strategy: "skip", base: tx })],
    ["diff", (other, tx) => other.diff(tx)],
    ["collisions", (other, tx) => other.collisions(tx)],
  ];
  it.each(askers)("counts as read: %s", (_name, ask) => {
    const { store } = timedStore();
    fill(store, "s:a", "t:a");
    const body = (key: string) => () =>
      store.transaction((tx) => {
        ask(createStore(), tx.scope("s"));
        tx.set("w", 1);
        store.set(key, 5);
      });
    for (const key of ["s:a", "s:new"]) expectError(body(key), "CONFLICT");
    body("t:a")();
    expect(keysOf(store)).toEqual(["s:a", "s:new", "t:a", "w"]);
  });
});

describe("a transaction's view", () => {
  it("can neither watch nor do what belongs to a store", () => {
    const { store } = timedStore();
    store.transaction((tx) => {
      const missing = ["watch", "subscribe", "reader", "clone", "merge", "restore", "transaction", "dispose", "import"];
      for (const view of [tx, tx.scope("s")]) {
        for (const name of missing) expect([name, (view as unknown as Record<string, unknown>)[name]]).toEqual([name, undefined]);
      }
    });
  });

  // A write through a view that had been kept used what was left of the turn's time, called the engine with what was not there any more, and ended it
  // for every store. It took a clock that is not set by hand, and a write in the body.
  it("is CLOSED for writes too, and harms no other store", () => {
    const bystander = createStore();
    const store = createStore();
    const kept: Transaction[] = [];
    store.transaction((tx) => {
      tx.set("a", 1);
      kept.push(tx, tx.scope("s"));
    });
    for (const tx of kept) expectError(() => tx.set("b", 2), "CLOSED");
    bystander.set("mine", 1);
    expect([bystander.get("mine"), store.get("a"), store.size]).toEqual([1, 1, 1]);
  });

  it("is CLOSED once the body has ended, however it ended, scopes of it too", async () => {
    const { store } = timedStore();
    fill(store, "a");
    const kept: Transaction[] = [];
    const keep = (tx: Transaction) => {
      tx.get("a");
      kept.push(tx, tx.scope("s"), tx.isolate("i"));
    };
    store.transaction(keep);
    expectError(
      () =>
        store.transaction((tx) => {
          keep(tx);
          tx.getOrThrow("missing");
        }),
      "NOT_FOUND",
    );
    await store.transaction(async (tx) => keep(tx));
    await rejection(
      store.transaction(async (tx) => {
        keep(tx);
        throw new Error("body");
      }),
    );
    expectError(
      () =>
        store.transaction((tx) => {
          keep(tx);
          store.set("a", "changed");
        }),
      "CONFLICT",
    );
    expect(kept).toHaveLength(15);
    for (const tx of kept) {
      for (const call of [
        () => tx.get("a"),
        () => tx.set("a", 1),
        () => tx.set("a", 1, { tags: ["t"] }),
        () => tx.delete("a"),
        () => tx.clear(),
        () => tx.keys(),
        () => tx.size,
        () => tx.scope("t"),
        () => tx.stats(),
      ]) {
        expectError(call, "CLOSED", "transaction has ended");
      }
    }
    expect(contentsOf(store)).toEqual([["a", "changed"]]);
  });

  it("gives iterators that hold what they began with, its own writes included, after its end too", () => {
    const { store } = timedStore();
    fill(store, "a", "b");
    const iterators = store.transaction((tx) => {
      tx.set("c", "own");
      const opened = [tx.entries(), tx.entries()] as const;
      tx.set("d", "later");
      opened[1].next();
      return opened;
    });
    store.clear();
    expect([[...iterators[0]], [...iterators[1]]]).toEqual([
      [
        ["a", "a"],
        ["b", "b"],
        ["c", "own"],
      ],
      [
        ["b", "b"],
        ["c", "own"],
      ],
    ]);
  });

  it("of a scope has the scope's keys, in errors and conflicts too", async () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    scope.set("k", 1);
    store.set("k", "outer");
    scope.transaction((tx) => {
      expect(contentsOf(tx)).toEqual([["k", 1]]);
      tx.scope("t").set("deep", 1);
      const error = expectError(() => tx.scope("t").getOrThrow("x"), "NOT_FOUND");
      expect([error.key, error.scope]).toEqual(["x", "s:t"]);
    });
    expect(keysOf(store)).toEqual(["k", "s:k", "s:t:deep"]);
    const error = await interleaved(
      scope,
      (tx) => tx.scope("t").get("deep"),
      () => store.set("s:t:deep", 2),
    );
    expect(error).toMatchObject({ code: "CONFLICT", key: "t:deep", scope: "s" });
  });

  it("expires entries in its time, and sets no timer", async () => {
    const { store, clock } = timedStore();
    await store.transaction(async (tx) => {
      tx.set("k", 1, { ttl: 50 });
      expect(clock.pendingTimers).toBe(0);
      clock.advance(49);
      expect(tx.has("k")).toBe(true);
      clock.advance(1);
      expect([tx.has("k"), tx.size]).toEqual([false, 0]);
    });
    expect(store.ttl("k")).toBe(50);
  });
});

describe("bounds", () => {
  it("are judged at the commit, and refuse it whole", () => {
    const { store } = timedStore({ maxEntries: 2, policy: "reject" });
    fill(store, "a");
    const before = picture(store);
    const commits = subscribed(store);
    expectError(
      () =>
        store.transaction((tx) => {
          fill(tx as Store, "b", "c", "d");
          tx.delete("a");
        }),
      "QUOTA_EXCEEDED",
    );
    expect([picture(store), commits]).toEqual([before, []]);
    store.transaction((tx) => {
      fill(tx as Store, "b", "c");
      tx.delete("a");
    });
    expect(keysOf(store)).toEqual(["b", "c"]);
    expectError(() => store.transaction((tx) => tx.set("d", 1)), "QUOTA_EXCEEDED");
  });

  it("evict at the commit, in the same commit, what was used longest ago", () => {
    const { store } = timedStore({ maxEntries: 3 });
    fill(store, "a", "b", "c");
    store.get("a");
    const told = watched(store);
    store.transaction((tx) => {
      tx.get("b");
      fill(tx as Store, "d", "e");
      expect(tx.size).toBe(5);
    });
    // A read in a body is none of the store's.
    expect(told).toEqual([
      ["evict", "b", "b", undefined],
      ["evict", "c", "c", undefined],
      ["set", "d", undefined, "d"],
      ["set", "e", undefined, "e"],
    ]);
    expectError(() => store.transaction((tx) => fill(tx as Store, "1", "2", "3", "4")), "QUOTA_EXCEEDED");
    expect(keysOf(store)).toEqual(["a", "d", "e"]);
  });

  it("of a scope hold for a transaction of the whole store", () => {
    const { store } = timedStore({ policy: "reject" });
    const scope = store.scope("s", { maxEntries: 1 });
    expectError(
      () =>
        store.transaction((tx) => {
          tx.set("outside", 1);
          fill(tx.scope("s") as unknown as Store, "a", "b");
        }),
      "QUOTA_EXCEEDED",
    );
    expect([store.size, scope.size]).toEqual([0, 0]);
  });
});

describe("disposing of the store", () => {
  it("during a body lets it read on, and refuses its commit, which ends the body's view", async () => {
    const { store } = timedStore();
    fill(store, "a");
    const kept: Transaction[] = [];
    expectError(
      () =>
        store.transaction((tx) => {
          kept.push(tx);
          store.dispose();
          expect(tx.get("a")).toBe("a");
          tx.set("b", 1);
        }),
      "CLOSED",
    );
    for (const tx of kept) expectError(() => tx.get("a"), "CLOSED");
    const other = createStore();
    const waiting = other.transaction(async (tx) => {
      await Promise.resolve();
      tx.set("b", 1);
      return tx.size;
    });
    other.dispose();
    expect((await rejection(waiting)).code).toBe("CLOSED");
    expectError(() => other.transaction(() => expect.fail("the body ran")), "CLOSED");
    const healthy = createStore();
    healthy.transaction((tx) => tx.set("k", 1));
    expect(healthy.get("k")).toBe(1);
  });

  it("ends a scope's transactions with the scope", () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    scope.dispose();
    expectError(() => scope.transaction(() => expect.fail("the body ran")), "CLOSED");
  });
});

describe("listeners", () => {
  it("hear the commit after it is done, and may run transactions themselves", () => {
    const { store } = timedStore();
    const seen: unknown[] = [];
    store.watch("a", ({ value }) => {
      seen.push([value, store.get("b")]);
      if (value === 1) {
        store.transaction((tx) => {
          tx.set("a", 2);
          tx.set("b", 2);
        });
      }
    });
    store.transaction((tx) => {
      tx.set("a", 1);
      tx.set("b", 1);
    });
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it("that throw do not fail the transaction", () => {
    const errors: unknown[] = [];
    const { store } = timedStore({ onError: (error) => errors.push(error) });
    store.watch(() => {
      throw new Error("listener");
    });
    store.transaction((tx) => tx.set("k", 1));
    expect(errors).toHaveLength(1);
  });
});
