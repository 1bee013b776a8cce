/** Promises of contract 9 for `waitFor`: the value as soon as it holds, or the reason why not, and nothing left behind. */
import { describe, expect, it } from "vitest";
import { createStore, type ErrorCode, HoldallError } from "../../ts/index.js";
import { startTime, timedStore } from "./support.js";

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.unreachable(`resolved with ${String(value)}`),
    (reason: unknown) => reason,
  );
}

/** Expects a promise to be rejected by an error of the family with a code; the message names what is given. */
async function expectRejected(promise: Promise<unknown>, code: ErrorCode, naming = ""): Promise<HoldallError> {
  const error = (await rejection(promise)) as HoldallError;
  expect(error).toBeInstanceOf(HoldallError);
  expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringContaining(naming) });
  return error;
}

/** A signal that counts its listeners. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  return { controller, signal, count: () => listeners };
}

describe("waitFor", () => {
  it("gives the value at once where it is there", async () => {
    const { store, clock } = timedStore();
    store.set("k", { a: 1 });
    expect(await store.waitFor("k")).toEqual({ a: 1 });
    expect(await store.waitFor("k", undefined, { timeout: "1m" })).toEqual({ a: 1 });
    expect(await store.waitFor<{ a: number }>("k", (value) => value?.a === 1, { timeout: 5 })).toEqual({ a: 1 });
    expect(await store.waitFor("gone", (value) => value === undefined)).toBe(undefined);
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives it after the first commit after which the predicate holds, as it was then", async () => {
    const { store } = timedStore();
    const asked: unknown[] = [];
    const waiting = store.waitFor<number>("k", (value) => {
      asked.push(value);
      return (value ?? 0) >= 2;
    });
    store.set("other", 9);
    for (const value of [1, 2, 3]) store.set("k", value);
    expect(await waiting).toBe(2);
    expect(asked).toEqual([undefined, 1, 2]);
  });

  it("takes null for a value, and nothing for none", async () => {
    const { store } = timedStore();
    const waiting = store.waitFor("k");
    store.set("k", null);
    expect(await waiting).toBe(null);
  });

  it("hears of deletes and of expiry, where the predicate wants none", async () => {
    const { store, clock } = timedStore();
    store.setMany([["deleted", 1]]);
    store.set("expiring", 1, { ttl: 5 });
    const waiting = ["deleted", "expiring"].map((key) => store.waitFor(key, (value) => value === undefined));
    store.delete("deleted");
    clock.advance(5);
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });

  it("means the same on scopes and readers, by their keys", async () => {
    const { store } = timedStore();
    const waiting = [store.scope("s").waitFor("k"), store.reader().scope("s").waitFor("k"), store.waitFor("s:k")];
    store.set("k", 0);
    store.set("s:k", 1);
    expect(await Promise.all(waiting)).toEqual([1, 1, 1]);
  });

  it("counts as no use", async () => {
    const { store } = timedStore({ maxEntries: 2 });
    store.set("a", 1);
    store.set("b", 1);
    await store.waitFor("a");
    store.set("c", 1);
    expect([...store.keys()]).toEqual(["b", "c"]);
  });

  it("within a listener does not hear commits from before it", async () => {
    const { store } = timedStore();
    let waiting: Promise<unknown> | undefined;
    store.watch("go", () => {
      store.set("k", "early");
      store.set("k", 0);
      waiting = store.waitFor("k", (value) => typeof value === "string");
    });
    store.set("go", 1);
    store.set("k", "late");
    expect(await waiting).toBe("late");
  });
});

describe("what ends the waiting", () => {
  it("is the timeout, by the store's clock", async () => {
    const { store, clock } = timedStore();
    const waiting = [store.waitFor("k", { timeout: 1_000 }), store.scope("s").waitFor("k", undefined, { timeout: "1s" })];
    clock.advance(999);
    expect(clock.pendingTimers).toBe(2);
    clock.advance(1);
    expect(await expectRejected(waiting[0] as Promise<unknown>, "TIMEOUT")).toMatchObject({ key: "k" });
    expect(await expectRejected(waiting[1] as Promise<unknown>, "TIMEOUT")).toMatchObject({ key: "k", scope: "s" });
    expect(clock.pendingTimers).toBe(0);
    store.set("k", 1);
  });

  it("is a timeout beyond the longest timer too, in steps", async () => {
    const { store, clock } = timedStore();
    const waiting = store.waitFor("k", { timeout: "60d" });
    clock.advance(60 * 86_400_000 - 1);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    await expectRejected(waiting, "TIMEOUT");
    expect(clock.now()).toBe(startTime + 60 * 86_400_000);
  });

  it("is the signal, with its reason, before or after it began", async () => {
    const { store } = timedStore();
    const { controller, signal, count } = countedSignal();
    const waiting = store.waitFor("k", { signal });
    expect(count()).toBe(1);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await rejection(waiting)).toBe(reason);
    store.set("k", 1);
    expect(await rejection(store.waitFor("k", { signal }))).toBe(reason);
    expect(count()).toBe(0);
  });

  it("is disposing of the store", async () => {
    const { store, clock } = timedStore();
    const { signal, count } = countedSignal();
    const waiting = [store.waitFor("k", { timeout: 5, signal }), store.reader().scope("s").waitFor("k")];
    const rejected = waiting.map((promise) => expectRejected(promise, "CLOSED"));
    store.dispose();
    await Promise.all(rejected);
    expect([clock.pendingTimers, count()]).toEqual([0, 0]);
    await expectRejected(store.waitFor("k"), "CLOSED");
  });

  it("is a predicate that throws, at once or later; onError does not hear of it", async () => {
    const errors: unknown[] = [];
    const { store, clock } = timedStore({ onError: (error) => errors.push(error) });
    const failure = new Error("predicate");
    const fail = (): boolean => {
      throw failure;
    };
    expect(await rejection(store.waitFor("k", fail, { timeout: 5 }))).toBe(failure);
    const later = rejection(store.waitFor("k", (value) => value !== undefined && fail(), { timeout: 5 }));
    store.set("k", 1);
    expect([await later, errors, clock.pendingTimers]).toEqual([failure, [], 0]);
  });

  it("leaves nothing behind: no timer, no listener of the signal, no question to the predicate", async () => {
    const { store, clock } = timedStore();
    const { signal, count } = countedSignal();
    let asked = 0;
    const predicate = (value: unknown) => {
      asked += 1;
      return value === 1;
    };
    const waiting = store.waitFor("k", predicate, { timeout: 5, signal });
    expect([clock.pendingTimers, count()]).toEqual([1, 1]);
    store.set("k", 1);
    expect([clock.pendingTimers, count(), asked]).toEqual([0, 0, 2]);
    store.set("k", 1);
    expect([await waiting, asked]).toEqual([1, 2]);
  });

  it("may come from within the predicate, which may write and dispose", async () => {
    const { store, clock } = timedStore();
    const writing = store.waitFor("k", (value) => {
      if (value === undefined) store.set("k", 1);
      return value === 1;
    });
    expect(await writing).toBe(1);
    const disposing = store.waitFor(
      "k",
      () => {
        store.dispose();
        return false;
      },
      { timeout: 5 },
    );
    await expectRejected(disposing, "CLOSED");
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("an argument of waitFor", () => {
  it("that is none rejects, and nothing waits", async () => {
    const { store, clock } = timedStore();
    const wait = (...args: unknown[]) => (store.waitFor as (...all: unknown[]) => Promise<unknown>).apply(store, args);
    await expectRejected(wait(5), "INVALID_KEY");
    await expectRejected(wait("\ud800", { timeout: 5 }), "INVALID_KEY");
    for (const predicate of [null, 5, "text"]) await expectRejected(wait("k", predicate), "INVALID_ARGUMENT", "predicate");
    await expectRejected(wait("k", {}, {}), "INVALID_ARGUMENT", "predicate");
    for (const options of [null, 5, "text"]) await expectRejected(wait("k", undefined, options), "INVALID_ARGUMENT", "options");
    for (const timeout of [0, -1, Number.NaN, "soon"]) await expectRejected(wait("k", { timeout }), "OUT_OF_RANGE", "timeout");
    for (const timeout of [true, {}]) await expectRejected(wait("k", { timeout }), "INVALID_ARGUMENT", "timeout");
    for (const signal of [null, 5, {}, { aborted: false, addEventListener: 5 }])
      await expectRejected(wait("k", { signal }), "INVALID_ARGUMENT", "signal");
    expect(clock.pendingTimers).toBe(0);
    expect(await createStore().waitFor("k", (value) => value === undefined, { timeout: null })).toBe(undefined);
  });

  it("that throws when it is used rejects with that, and nothing waits", async () => {
    const mine = new Error("mine");
    const refuse = () => {
      throw mine;
    };
    let asked = 0;
    const isLater = () => {
      asked += 1;
      return false;
    };
    const { store } = timedStore();
    const signal = { aborted: false, addEventListener: refuse, removeEventListener: refuse } as unknown as AbortSignal;
    expect(await rejection(store.waitFor("k", isLater, { signal }))).toBe(mine);
    const clock = { now: () => 0, setTimer: refuse, clearTimer: () => undefined };
    const timeless = createStore({ clock });
    expect(await rejection(timeless.waitFor("k", isLater, { timeout: 5 }))).toBe(mine);
    for (const each of [store, timeless]) each.set("k", 1);
    expect(asked).toBe(0);
  });
});
