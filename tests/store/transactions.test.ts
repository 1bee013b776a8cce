/** Promises of contract 8: a body's reads and writes are one atomic change, or nothing, and never stand on what has changed meanwhile. */
import { describe, expect, it } from "vitest";
import { createStore, type HoldallError, type Store, type Transaction } from "../../ts/index.js";
import { contentsOf, expectError, fill, keysOf, picture, subscribed, timedStore, watched } from "./support.js";

/** What a promise is rejected with. */
const rejection = (promise: Promise<unknown>): Promise<HoldallError> =>
  promise.then(
    () => expect.fail("it was not rejected"),
    (error: HoldallError) => error,
  );

/** Runs a body, then a change of the store, then commits. */
function interleaved(store: Store, body: (tx: Transaction) => unknown, change: (store: Store) => unknown): Promise<HoldallError | "done"> {
  const done = store.transaction(async (tx) => {
    body(tx);
    await Promise.resolve();
  });
  change(store);
  return done.then(
    () => "done",
    (error: HoldallError) => error,
  );
}

describe("a body that returns", () => {
  it("commits all its writes as one change with one event, and gives what it returned", () => {
    const { store } = timedStore();
    fill(store, "a", "b");
    const commits = subscribed(store);
    const told = watched(store);
    const before = store.meta("a")?.version ?? 0;
    const result = store.transaction((tx) => {
      tx.set("a", "new");
      tx.delete("b");
      tx.setMany([
        ["c", 1],
        ["d", 2],
      ]);
      tx.delete("d");
      tx.addTag("a", "t");
      return { from: "the body" };
    });
    expect(result).toEqual({ from: "the body" });
    expect(told).toEqual([
      ["set", "a", "a", "new"],
      ["delete", "b", "b", undefined],
      ["set", "c", undefined, 1],
    ]);
    expect(commits).toHaveLength(1);
    const versions = ["a", "c"].map((key) => store.meta(key)?.version);
    expect(versions).toEqual([commits[0]?.version, commits[0]?.version]);
    expect(versions[0]).toBeGreaterThan(before);
  });

  it("that wrote nothing, or nothing in the end, is no commit", () => {
    const { store } = timedStore();
    fill(store, "a");
    const commits = subscribed(store);
    const version = store.meta("a")?.version;
    expect(store.transaction((tx) => tx.get("a"))).toBe("a");
    store.transaction((tx) => {
      tx.delete("missing");
      tx.touch("missing", 5);
    });
    expect([commits, store.meta("a")?.version]).toEqual([[], version]);
    store.transaction((tx) => {
      tx.set("b", 1);
      tx.delete("b");
    });
    expect([commits, keysOf(store)]).toEqual([[], ["a"]]);
  });

  it("sees its own writes in every way of reading, and nobody else does", () => {
    const { store } = timedStore();
    fill(store, "a", "b");
    store.transaction((tx) => {
      tx.set("c", { deep: [1] }, { tags: ["t"], ttl: 50, properties: { p: 1 }, description: "d" });
      tx.set("a", "changed");
      tx.delete("b");
      expect(contentsOf(tx)).toEqual([
        ["a", "changed"],
        ["c", { deep: [1] }],
      ]);
      expect([tx.size, tx.has("b"), tx.get("b"), tx.get("a"), tx.peek("a")]).toEqual([2, false, undefined, "changed", "changed"]);
      expect([[...tx.find({ allTags: ["t"] })], tx.hasTag("c", "t"), tx.ttl("c"), tx.kindOf("c")]).toEqual([["c"], true, 50, "object"]);
      expect(tx.meta("c")).toMatchObject({ tags: ["t"], properties: { p: 1 }, description: "d", deadline: 1050 });
      expect([...tx.keys({ reverse: true, limit: 1 })]).toEqual(["c"]);
      expect(tx.getMutable("c")).toEqual({ deep: [1] });
      expect(() => tx.getOrThrow("b")).toThrow();
      expect(tx.getMany(["a", "b"])).toEqual(["changed", undefined]);
      expect(contentsOf(store)).toEqual([
        ["a", "a"],
        ["b", "b"],
      ]);
      expect(tx.clear()).toBe(2);
      expect(tx.size).toBe(0);
      tx.set("only", 1);
    });
    expect(contentsOf(store)).toEqual([["only", 1]]);
  });

  it("keeps values its own: neither what was set nor what was read is shared", () => {
    const { store } = timedStore();
    const value = { list: [1] };
    store.transaction((tx) => {
      tx.set("k", value);
      value.list.push(2);
      expect(Object.isFrozen(tx.get("k"))).toBe(true);
    });
    expect(store.get("k")).toEqual({ list: [1] });
  });

  it("leaves the memo of all views true", () => {
    const { store } = timedStore();
    const scope = store.scope("s");
    scope.set("k", { n: 1 });
    const before = scope.get("k");
    expect(store.get("s:k")).toBe(before);
    store.transaction((tx) => tx.set("s:k", { n: 2 }));
    expect([scope.get("k"), store.get("s:k")]).toEqual([{ n: 2 }, { n: 2 }]);
    const other = scope.get("k");
    store.transaction((tx) => tx.set("s:other", 1));
    expect(scope.get("k")).toBe(other);
  });

  it("commits every way of writing as it was done", () => {
    const { store, clock } = timedStore({ defaultTtl: 500 });
    const body = (writer: Transaction | Store) => {
      writer.set("plain", "text");
      writer.set("kept", 1, { ttl: 50, tags: ["b", "a"], properties: { p: new Date(0) }, description: "d" });
      writer.set("kept", 2, { keepTtl: true });
      writer.set("never", [1n], { ttl: null });
      writer.touch("plain", 90);
      writer.set("touched", 1);
      writer.persist("touched");
      writer.addTag("plain", "t");
      writer.removeTag("kept", "a");
      writer.setMany([["many", 1]], { tags: ["m"] });
      writer.compareAndSet("cas", 1, { version: 0 });
      writer.set("gone", 1);
      expect(writer.delete("gone")).toBe(true);
      expect(writer.deleteMany(["many", "gone"])).toBe(1);
      writer.scope("s").set("k", 1);
      writer.scope("s").isolate("i").set("k", 2);
      expect(writer.scope("t").clear()).toBe(0);
    };
    const plain = createStore({ clock, defaultTtl: 500 });
    body(plain);
    store.transaction(body);
    expect(store.snapshot()).toEqual(plain.snapshot());
    expect(new Set(keysOf(store).map((key) => store.meta(key)?.version)).size).toBe(1);
  });

  it("counts a ttl from the commit", async () => {
    const { store, clock } = timedStore();
    await store.transaction(async (tx) => {
      tx.set("k", 1, { ttl: 50 });
      await Promise.resolve();
      clock.advance(20);
    });
    expect(store.ttl("k")).toBe(50);
  });
});

describe("a body that throws", () => {
  it("has done nothing, and its error is passed on", async () => {
    const { store, clock } = timedStore();
    fill(store, "a");
    store.set("timed", 1, { ttl: 50 });
    const before = picture(store);
    const commits = subscribed(store);
    const failure = new Error("body");
    const write = (tx: Transaction) => {
      tx.set("a", "changed");
      tx.set("soon", 1, { ttl: 5 });
      tx.clear();
      throw failure;
    };
    expect(() => store.transaction(write)).toThrow(failure);
    expect(() => store.transaction(write, { retries: 5 })).toThrow(failure);
    expect(await rejection(store.transaction(async (tx) => write(tx)))).toBe(failure);
    expect([picture(store), commits]).toEqual([before, []]);
    clock.advance(10);
    expect(commits).toEqual([]);
  });

  it("is not run again, even when it throws a CONFLICT of its own", () => {
    const { store } = timedStore();
    let runs = 0;
    const error = expectError(
      () =>
        store.scope("s").transaction(
          (tx) => {
            runs += 1;
            tx.compareAndSet("k", 1, { version: 7 });
          },
          { retries: 3 },
        ),
      "CONFLICT",
    );
    expect([runs, error.key, error.scope]).toEqual([1, "k", "s"]);
  });

  it("may catch a refused write, which leaves its other writes as they are", () => {
    const { store } = timedStore();
    store.transaction((tx) => {
      tx.set("a", 1);
      expectError(() => tx.set("b", (() => 1) as never), "INVALID_VALUE");
      expectError(() => tx.set("\ud800", 1), "INVALID_KEY");
      expectError(() => tx.set("c", 1, { ttl: 0 }), "OUT_OF_RANGE");
      expectError(() => tx.compareAndSet("a", 1, { version: 0 }), "CONFLICT");
    });
    expect(contentsOf(store)).toEqual([["a", 1]]);
  });
});

describe("a body that waits", () => {
  it("reads the store as it was when it began", async () => {
    const { store } = timedStore();
    fill(store, "a", "b");
    const read = store.transaction(async (tx) => {
      await Promise.resolve();
      return [tx.get("a"), tx.get("b"), tx.size, keysOf(tx)];
    });
    store.set("a", "later");
    store.delete("b");
    store.set("c", 1);
    expect((await rejection(read)).code).toBe("CONFLICT");
    const again = store.transaction(async (tx) => {
      await Promise.resolve();
      return contentsOf(tx);
    });
    expect(await again).toEqual([
      ["a", "later"],
      ["c", 1],
    ]);
  });

  it("commits when its promise is fulfilled, any thenable's too, and not before", async () => {
    const { store } = timedStore();
    let finish: ((value: string) => void) | undefined;
    const done = store.transaction((tx) => {
      tx.set("k", 1);
      return new Promise<string>((resolve) => {
        finish = resolve;
      });
    });
    await Promise.resolve();
    expect(store.has("k")).toBe(false);
    finish?.("result");
    expect(await done).toBe("result");
    expect(store.get("k")).toBe(1);
    // biome-ignore lint/suspicious/noThenProperty: what is tested is that a body may give such an object
    const thenable = store.transaction((tx) => ({ then: (resolve: (value: string) => void) => resolve(tx.has("k") ? "then" : "") }));
    expect(await thenable).toBe("then");
  });

  it("may be interleaved with others: what is independent commits, what is not conflicts", async () => {
    const { store } = timedStore();
    store.set("n", 0);
    const increment = (retries: number) =>
      store.transaction(
        async (tx) => {
          const n = tx.getOrThrow<number>("n");
          await Promise.resolve();
          tx.set("n", n + 1);
        },
        { retries },
      );
    const results = await Promise.allSettled([increment(0), increment(0), increment(0)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(store.get("n")).toBe(1);
    await Promise.all(Array.from({ length: 10 }, () => increment(10)));
    expect(store.get("n")).toBe(11);
    const apart = ["x", "y"].map((key) =>
      store.transaction(async (tx) => {
        await Promise.resolve();
        tx.set(key, tx.has(key));
      }),
    );
    await Promise.all(apart);
    expect([store.get("x"), store.get("y")]).toEqual([false, false]);
  });
});

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

describe("retries", () => {
  it("run the body again, on the store as it is then, until it commits or they are used up", async () => {
    for (const [retries, expected] of [
      [2, "done"],
      [1, "CONFLICT"],
    ] as const) {
      const { store } = timedStore();
      store.set("n", 0);
      const seen: unknown[] = [];
      let result: unknown;
      try {
        result = store.transaction(
          (tx) => {
            seen.push(tx.get("n"));
            tx.set("copy", tx.get("n") as number);
            if (seen.length < 3) store.set("n", seen.length);
            return "done";
          },
          { retries },
        );
      } catch (error) {
        result = (error as HoldallError).code;
      }
      expect([result, seen]).toEqual([expected, [0, 1, 2].slice(0, retries + 1)]);
      expect(store.get("copy")).toBe(retries === 2 ? 2 : undefined);
    }
  });

  it("may turn a body that answered at once into one that waits, and back", async () => {
    const { store } = timedStore();
    store.set("n", 0);
    let runs = 0;
    const done = store.transaction(
      (tx): unknown => {
        runs += 1;
        tx.set("copy", tx.get("n") as number);
        if (runs < 3) store.set("n", runs);
        return runs === 2 ? Promise.resolve("waited") : "at once";
      },
      { retries: 5 },
    );
    expect(await done).toBe("at once");
    expect([runs, store.get("copy")]).toEqual([3, 2]);
  });

  it("must be a whole number that is not negative", () => {
    const { store } = timedStore();
    const body = () => expect.fail("the body ran");
    for (const retries of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectError(() => store.transaction(body, { retries }), "OUT_OF_RANGE", "retries");
    }
    for (const retries of ["1", null, {}])
      expectError(() => store.transaction(body, { retries: retries as never }), "INVALID_ARGUMENT", "retries");
    for (const options of [null, 5, "x"]) expectError(() => store.transaction(body, options as never), "INVALID_ARGUMENT", "options");
    for (const none of [undefined, null, {}]) expectError(() => store.transaction(none as never), "INVALID_ARGUMENT", "body");
  });
});

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
        expectError(call, "CLOSED");
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
  it("during a body lets it read on, and refuses its commit", async () => {
    const { store } = timedStore();
    fill(store, "a");
    expectError(
      () =>
        store.transaction((tx) => {
          store.dispose();
          expect(tx.get("a")).toBe("a");
          tx.set("b", 1);
        }),
      "CLOSED",
    );
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
