/**
 * Defects that were found by reading and by attack, each with its story.
 *
 * @module
 */
import { describe, expect, it, vi } from "vitest";
import { createStore, HoldallError, type StandardSchema, type Store, type Value } from "../../ts/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { expectError } from "./support.js";
import { inAnotherRealm } from "./values.support.js";

/** Lets everything pass. */
const anything: StandardSchema<Value, Value> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as Value }) },
};

/** A clock whose timer never rings, so that what is due expires within the next call. */
function lateClock() {
  const clock = { time: 0, now: () => clock.time, setTimer: () => 0 as unknown, clearTimer: () => undefined };
  return clock;
}

describe("a listener that reads while a read is under way", () => {
  it("does not get its value kept under the other's key", () => {
    // The view noted the key of the read before what was due expired; a listener's read through the same view overwrote it.
    const clock = lateClock();
    const store = createStore({ clock });
    store.setMany([
      ["a", "A"],
      ["b", "B"],
    ]);
    store.set("x", 1, { ttl: 3 });
    store.watch("x", () => store.get("b"));
    clock.time = 5;
    expect([store.get("a"), store.get("b"), store.get("a"), store.peek("b")]).toEqual(["A", "B", "A", "B"]);
  });
});

describe("a listing of large values", () => {
  it("comes whole, though a batch ends early", () => {
    // Batches were counted in entries alone: a thousand large values at once could end the engine's memory.
    const store = createStore();
    const value = (index: number) => `${index}`.repeat(50_000);
    for (let index = 10; index < 60; index++) store.set(`key:${index}`, value(index));
    const listed = [...store.entries()];
    expect(listed.length).toBe(50);
    expect(listed.every(([key, text]) => text === value(Number(key.slice(4))))).toBe(true);
    expect([...store.keys({ limit: 40 })].length).toBe(40);
  });
});

describe("a reader", () => {
  it("has no way to the store in any property, and cannot be passed off as one", () => {
    // The core was hidden by types alone, and mutators took any view for a store.
    const store = createStore();
    const reader = store.scope("u").reader();
    expect(Object.keys(reader)).toEqual([]);
    const set = Object.getPrototypeOf(store).set as (this: unknown, key: string, value: Value) => void;
    expect(() => set.call(reader, "k", 1)).toThrow(TypeError);
    expect(store.size).toBe(0);
  });
});

describe("what listeners are given", () => {
  it("is each one's own where it cannot be frozen", () => {
    const store = createStore();
    const seen: unknown[] = [];
    store.watch<Uint8Array>(({ value }) => value?.fill(9));
    store.watch<Uint8Array>(({ value }) => seen.push([...(value ?? [])]));
    store.set("bytes", new Uint8Array([1, 2]));
    expect(seen).toEqual([[1, 2]]);
  });
});

describe("a clock whose timer throws", () => {
  it("leaves no stale value behind", () => {
    const clock = { ...lateClock(), setTimer: () => {} };
    const store = createStore({ clock });
    store.set("a", 1);
    expect(store.get("a")).toBe(1);
    clock.setTimer = () => {
      throw new Error("no timers today");
    };
    expect(() => store.set("a", 2, { ttl: 5 })).toThrow("no timers today");
    expect([store.get("a"), store.getMutable("a")]).toEqual([2, 2]);
  });
});

describe("options that dispose of the store when they are read", () => {
  const calls: [string, (store: Store, options: { readonly ttl: string; readonly version: number }) => void][] = [
    ["set", (store, options) => store.set("k", 1, options)],
    ["setMany", (store, options) => store.setMany([["k", 1]], options)],
    ["compareAndSet", (store, options) => store.compareAndSet("k", 1, options)],
  ];

  it.each(calls)("get CLOSED from %s, and other stores live on", (_, call) => {
    const store = createStore();
    const options = {
      version: 0,
      get ttl() {
        store.dispose();
        return "1h";
      },
    };
    expect(() => call(store, options)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(createStore().size).toBe(0);
  });
});

describe("a write that takes the time of the turn", () => {
  it("does not take it where something can expire", () => {
    // Without a deadline in the store, a write notes the time of the event loop's turn; with one, what is due must expire first.
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000 });
    try {
      const store = createStore();
      store.set("untimed", 1);
      store.set("due", 1, { ttl: 500 });
      const told: string[] = [];
      store.watch(({ type, key }) => told.push(`${type} ${key}`));
      vi.setSystemTime(1_500);
      store.set("later", 1);
      expect(told).toEqual(["expire due", "set later"]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a refused value", () => {
  it("says which entry it was for", () => {
    const scope = createStore().scope("u");
    const refused = () =>
      scope.setMany([
        ["good", 1],
        ["bad", { deep: () => 1 }],
      ]);
    expect(refused).toThrow(expect.objectContaining({ code: "INVALID_VALUE", key: "bad", scope: "u" }));
    expect(refused).toThrow(HoldallError);
    expect(scope.size).toBe(0);
  });
});

describe("the clone of a bounded store", () => {
  it("knows the uses that the memo answered", () => {
    const store = createStore({ maxEntries: 2 });
    store.set("a", 1);
    store.set("b", 2);
    store.get("a");
    store.get("b");
    store.get("a");
    const clone = store.clone();
    clone.set("c", 3);
    expect([...clone.keys()]).toEqual(["a", "c"]);
  });
});

describe("a clock that is set back", () => {
  it("does not make the timer ring on and on until it has caught up", () => {
    // The span was reckoned from the store's time, which stands still meanwhile: one millisecond, for as long as that took.
    let rings: { readonly at: number; readonly ring: () => void }[] = [];
    let elapsed = 0;
    const clock = {
      offset: 0,
      now: () => elapsed + clock.offset,
      setTimer: (ring: () => void, span: number) => rings.push({ at: elapsed + span, ring }),
      clearTimer: () => undefined,
    };
    clock.offset = 1_000_000;
    const store = createStore({ clock });
    store.set("k", 1, { ttl: 1 });
    clock.offset = 0;
    let count = 0;
    for (; elapsed < 10_000; elapsed += 1) {
      const due = rings.filter(({ at }) => at <= elapsed);
      rings = rings.filter(({ at }) => at > elapsed);
      for (const { ring } of due) ring();
      count += due.length;
    }
    expect(count).toBeLessThan(3);
    elapsed = 1_000_001;
    for (const { ring } of rings) ring();
    expect(store.size).toBe(0);
  });

  it("does not hold up a timeout", async () => {
    const clock = manualClock(1_000_000);
    const store = createStore({
      clock: { ...clock, now: () => clock.now() - offset, setTimer: clock.setTimer, clearTimer: clock.clearTimer },
    });
    let offset = 0;
    const waiting = store.waitFor("never", { timeout: 100 });
    offset = 500_000;
    clock.advance(100);
    await expect(waiting).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

describe("a timer that cannot be set", () => {
  it("leaves no value in reach that was overwritten", () => {
    // What was thrown came before the view had forgotten what it had read.
    const clock = { ...lateClock(), setTimer: () => 0 as unknown };
    const store = createStore({ clock });
    store.set("a", [1]);
    store.get("a");
    clock.setTimer = () => {
      throw new Error("no timers today");
    };
    expect(() => store.set("a", [2], { ttl: 5 })).toThrow("no timers today");
    expect([store.get("a"), store.getMutable("a")]).toEqual([[2], [2]]);
  });
});

describe("an error", () => {
  it("of a codec does not show the stored value where it is printed, and has the cause", () => {
    const store = createStore();
    store.set("k", "s3cret-token");
    const decode = (stored: unknown) => {
      throw new Error(`cannot read ${stored}`);
    };
    const typed = store.typed(anything, { encode: (value: unknown) => value as Value, decode });
    const error = expectError(() => typed.get("k"), "TYPE_MISMATCH");
    expect((error.cause as Error).message).toBe("cannot read s3cret-token");
    // As `util.inspect` and consoles do: own properties by their values, getters by name.
    const cause = Object.getOwnPropertyDescriptor(error, "cause");
    expect([cause?.enumerable, cause?.value]).toEqual([false, undefined]);
  });

  it("of a value's own code does not show the value where it is printed, and has the cause", () => {
    const secret = "s3cret-token";
    const fail = () => {
      throw new Error(`cannot write ${secret}`);
    };
    const getter = Object.defineProperty({}, "a", { get: fail, enumerable: true });
    const store = createStore();
    store.set("k", [1]);
    for (const call of [
      () => store.set("k", getter),
      () => store.set("k", { toJSON: fail } as never),
      () => store.update("k", () => getter),
      () => store.updateFields("k", { "/0": getter }),
      () => store.setProperty("k", "p", getter),
      () => store.find({ property: { name: "p", value: getter } }),
    ]) {
      const error = expectError(call, "INVALID_VALUE");
      expect((error.cause as Error).message).toBe(`cannot write ${secret}`);
      const cause = Object.getOwnPropertyDescriptor(error, "cause");
      expect([cause?.enumerable, cause?.value]).toEqual([false, undefined]);
    }
  });

  it("about a property names it", () => {
    const store = createStore();
    const error = expectError(() => store.set("k", 1, { properties: { retries: Number.NaN } }), "INVALID_VALUE");
    expect(error.message).toContain("properties.retries");
    expect(expectError(() => store.find({ property: { name: "retries", value: Number.NaN } }), "INVALID_VALUE").message).toContain(
      "property.value",
    );
  });
});

describe("a prototype that was added to", () => {
  it("does not keep listeners from hearing", () => {
    const heard: string[] = [];
    Object.assign(Object.prototype, { key: "polluted" });
    try {
      const store = createStore();
      store.watch(({ key }) => heard.push(key));
      store.watch({ prefix: "k" }, ({ key }) => heard.push(key));
      store.set("k", 1);
    } finally {
      delete (Object.prototype as { key?: unknown }).key;
    }
    expect(heard).toEqual(["k", "k"]);
  });
});

describe("bounds of an isolated scope", () => {
  it("hold in a typed store too", () => {
    const typed = createStore().typed(anything).isolate("ada", { maxEntries: 1 });
    typed.set("a", 1);
    typed.set("b", 1);
    expect(typed.size).toBe(1);
  });
});

describe("a snapshot of another realm", () => {
  it("is restored, and what has no bytes any more is refused", () => {
    const store = createStore();
    const from = createStore();
    from.set("k", 1);
    const bytes = inAnotherRealm(`new Uint8Array(${JSON.stringify([...from.snapshot()])})`) as Uint8Array;
    expect(store.restore(bytes)).toBe(1);
    const gone = from.snapshot();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(() => store.restore(gone)).toThrow();
    expect(store.get("k")).toBe(1);
  });
});
