/** Promises of contract 8: a body's reads and writes are one atomic change, or nothing. */
import { describe, expect, it } from "vitest";
import { createStore, type HoldallError, type Store, type Transaction } from "../../ts/index.js";
import { contentsOf, expectError, fill, keysOf, picture, subscribed, timedStore, watched } from "./support.js";

import { rejection } from "./transactions.support.js";

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
