/** Promises of contract 4: deadlines to the millisecond, expiry that is prompt and told once, one timer, and time that never goes back. */
import { describe, expect, it } from "vitest";
import { type Clock, createStore, type Ttl } from "../../ts/index.js";
import { contentsOf, expectError, keysOf, startTime, subscribed, timedStore, watched } from "./support.js";

const day = 86_400_000;

/** A clock whose timers never ring: expiry is left to whoever looks. */
function silentClock(): Clock & { time: number } {
  return {
    time: startTime,
    now() {
      return this.time;
    },
    setTimer: () => 0,
    clearTimer: () => undefined,
  };
}

describe("a deadline", () => {
  it("is reached at now >= deadline, exactly, on every way of asking", () => {
    const clock = silentClock();
    const store = createStore({ clock });
    store.set("k", { a: 1 }, { ttl: 100, tags: ["t"], properties: { p: 1 } });
    store.get("k");
    const ask = () => [
      store.get("k") !== undefined,
      store.peek("k") !== undefined,
      store.getMutable("k") !== undefined,
      store.has("k"),
      store.size === 1,
      keysOf(store).length === 1,
      [...store.find({ allTags: ["t"] })].length === 1,
      [...store.find({ property: { name: "p", value: 1 } })].length === 1,
      [...store.find({ prefix: "k", kind: "object" })].length === 1,
      [...store.keysByKind("object")].length === 1,
      [...store.findBySchema({ a: "number" })].length === 1,
      store.schemaOf("k") !== undefined,
      store.getProperty("k", "p") !== undefined,
      store.meta("k") !== undefined,
      store.ttl("k") !== undefined,
      store.kindOf("k") !== undefined,
      store.hasTag("k", "t"),
      store.getMany(["k"])[0] !== undefined,
      store.stats().entries === 1,
    ];
    clock.time += 99;
    expect(new Set(ask())).toEqual(new Set([true]));
    expect(store.ttl("k")).toBe(1);
    clock.time += 1;
    expect(new Set(ask())).toEqual(new Set([false]));
  });

  it.each([
    ["get", (store) => store.get("k")],
    ["peek", (store) => store.peek("k")],
    ["has", (store) => store.has("k") || undefined],
    ["ttl", (store) => store.ttl("k")],
    ["meta", (store) => store.meta("k")],
    ["delete", (store) => store.delete("k") || undefined],
    ["deleteMany", (store) => store.deleteMany(["k"]) || undefined],
    ["clear", (store) => store.clear() || undefined],
    ["touch", (store) => store.touch("k", 5) || undefined],
    ["persist", (store) => store.persist("k") || undefined],
    ["addTag", (store) => store.addTag("k", "t") || undefined],
    ["removeTag", (store) => store.removeTag("k", "t") || undefined],
    ["setMeta", (store) => store.setMeta("k", { tags: ["u"] }) || undefined],
    ["setProperty", (store) => store.setProperty("k", "p", 1) || undefined],
    ["removeProperty", (store) => store.removeProperty("k", "p") || undefined],
    ["size", (store) => store.size || undefined],
    ["keys", (store) => store.keys().next().value],
  ] as [string, (store: ReturnType<typeof createStore>) => unknown][])("is held by %s, though asked first after it", (_, ask) => {
    const clock = silentClock();
    const store = createStore({ clock });
    store.set("k", 1, { ttl: 100 });
    store.get("k");
    clock.time += 100;
    expect(ask(store)).toBeUndefined();
  });

  it("is a part of a millisecond later rather than earlier", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 0.25 });
    expect(store.ttl("k")).toBe(1);
    clock.advance(0.5);
    expect(store.has("k")).toBe(true);
    clock.advance(0.5);
    expect(store.has("k")).toBe(false);
  });

  it("is shown by meta, and what is left of it by ttl", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: "1m" });
    store.set("forever", 1);
    clock.advance(1_000);
    expect([store.ttl("k"), store.meta("k")?.deadline, store.ttl("forever"), store.meta("forever")?.deadline, store.ttl("none")]).toEqual([
      59_000,
      startTime + 60_000,
      null,
      null,
      undefined,
    ]);
  });

  it("leaves something of a live entry, though the clock moves while one asks", () => {
    let time = 0;
    const clock: Clock = { now: () => time++, setTimer: () => 0, clearTimer: () => undefined };
    const store = createStore({ clock });
    store.set("k", 1, { ttl: 50 });
    const spans: (number | null | undefined)[] = [];
    for (let span = store.ttl("k"); span !== undefined; span = store.ttl("k")) spans.push(span);
    expect(spans.length).toBeGreaterThan(5);
    expect(spans.every((span) => typeof span === "number" && span > 0)).toBe(true);
  });
});

describe("a ttl", () => {
  const spans: [Ttl, number | null][] = [
    [1, 1],
    [1_500, 1_500],
    ["1ms", 1],
    ["90s", 90_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["7d", 7 * day],
    ["2w", 14 * day],
    ["1w2d3h4m5s6ms", 9 * day + 3 * 3_600_000 + 4 * 60_000 + 5_006],
    ["0h5m", 300_000],
    [null, null],
  ];
  it.each(spans)("may be %j", (ttl, expected) => {
    const { store } = timedStore();
    store.set("set", 1, { ttl });
    store.set("touched", 1);
    store.touch("touched", ttl);
    expect([store.ttl("set"), store.ttl("touched"), timedStoreWithDefault(ttl)]).toEqual([expected, expected, expected]);
  });

  function timedStoreWithDefault(defaultTtl: Ttl) {
    const { store } = timedStore({ defaultTtl });
    store.set("k", 1);
    return store.ttl("k");
  }

  it.each([0, -1, -0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 8.64e15 + 1, Number.MAX_VALUE, 2 ** 53])(
    "is out of range: %s",
    (ttl) => refusesTtl(ttl, "OUT_OF_RANGE"),
  );

  it.each([
    "",
    " ",
    "0s",
    "0",
    "5",
    "m",
    "-1s",
    "+1s",
    "1.5h",
    "1s1m",
    "1m1m",
    "1 h",
    " 1h",
    "1h ",
    "1H",
    "1y",
    "1µs",
    "١s",
    "∞",
    "NaN",
    "1e3s",
  ])("is out of range: %j", (ttl) => refusesTtl(ttl, "OUT_OF_RANGE"));

  it.each([`${"9".repeat(400)}d`, "99999999999999999999ms", "9999999999w", "\ud800s"])("is out of range: %j", (ttl) =>
    refusesTtl(ttl, "OUT_OF_RANGE"),
  );

  it.each([true, {}, [], 5n, Symbol("s"), () => 5, new Date(5)].map((ttl) => [typeof ttl, ttl]))("is of the wrong type: %s", (_, ttl) =>
    refusesTtl(ttl, "INVALID_ARGUMENT"),
  );

  function refusesTtl(ttl: unknown, code: "OUT_OF_RANGE" | "INVALID_ARGUMENT") {
    const { store } = timedStore();
    store.set("k", 1, { ttl: 50 });
    const error = expectError(() => store.set("k", 2, { ttl: ttl as Ttl }), code, "ttl");
    expect(error).toBeInstanceOf(code === "OUT_OF_RANGE" ? RangeError : TypeError);
    expectError(() => store.touch("k", ttl as Ttl), code, "ttl");
    expectError(() => store.touch("missing", ttl as Ttl), code, "ttl");
    expectError(() => createStore({ defaultTtl: ttl as Ttl }), code);
    expect([contentsOf(store), store.ttl("k"), store.meta("k")?.version]).toEqual([[["k", 1]], 50, 1]);
  }

  it("may end at the last moment of a Date, and no later", () => {
    const { store } = timedStore();
    store.set("k", 1, { ttl: 8.64e15 - startTime });
    expect(store.meta("k")?.deadline).toBe(8.64e15);
    expectError(() => store.touch("k", 8.64e15 - startTime + 1), "OUT_OF_RANGE", "ttl");
  });
});

describe("touch and persist", () => {
  it("set and remove the deadline, of what is there", () => {
    const { store, clock } = timedStore();
    store.set("k", 1, { ttl: 10 });
    clock.advance(5);
    expect([store.touch("k", 100), store.ttl("k")]).toEqual([true, 100]);
    clock.advance(50);
    expect([store.has("k"), store.persist("k"), store.ttl("k")]).toEqual([true, true, null]);
    clock.advance(1_000);
    expect([store.has("k"), store.touch("k", null), store.ttl("k"), store.touch("k", 5)]).toEqual([true, true, null, true]);
    clock.advance(5);
    expect([store.has("k"), store.touch("k", 5), store.persist("k")]).toEqual([false, false, false]);
  });

  it("are changes of metadata that keep the value", () => {
    const { store } = timedStore();
    store.set("k", { a: 1 });
    const told = watched(store);
    store.touch("k", 100);
    store.persist("k");
    expect(told).toEqual([
      ["meta", "k", { a: 1 }, { a: 1 }],
      ["meta", "k", { a: 1 }, { a: 1 }],
    ]);
    expect(store.meta("k")).toMatchObject({ version: 3, createdAt: startTime });
  });
});

describe("expiry", () => {
  it("is prompt: told at the deadline though nobody asks, once, at the right time", () => {
    const { store, clock } = timedStore();
    const heard: [string, number][] = [];
    store.watch(({ type, key }) => heard.push([`${type} ${key}`, clock.now() - startTime]));
    store.set("b", 1, { ttl: 20 });
    store.set("a", 1, { ttl: 10 });
    store.set("c", 1, { ttl: 20 });
    store.set("d", 1);
    clock.advance(1_000);
    expect(heard.slice(4)).toEqual([
      ["expire a", 10],
      ["expire b", 20],
      ["expire c", 20],
    ]);
    expect(store.stats()).toMatchObject({ entries: 1, expirations: 3 });
  });

  it("is one commit for what is due at once, with previous values", () => {
    const { store, clock } = timedStore();
    store.setMany(
      [
        ["b", 2],
        ["a", 1],
      ],
      { ttl: 10 },
    );
    const commits = subscribed(store);
    clock.advance(10);
    expect(commits).toEqual([
      {
        version: 2,
        origin: "local",
        changes: [
          { type: "expire", key: "a", value: undefined, previous: 1, version: 2, origin: "local" },
          { type: "expire", key: "b", value: undefined, previous: 2, version: 2, origin: "local" },
        ],
      },
    ]);
    store.get("a");
    store.clear();
    expect(commits.length).toBe(1);
  });

  it("is told on access where no timer has rung, before the access's own change", () => {
    const clock = silentClock();
    const store = createStore({ clock });
    store.set("k", 1, { ttl: 10 });
    const told = watched(store);
    clock.time += 10;
    store.set("k", 2);
    expect(told).toEqual([
      ["expire", "k", 1, undefined],
      ["set", "k", undefined, 2],
    ]);
  });

  it.each([
    ["by default", (store) => store.set("k", 1)],
    ["by its ttl", (store) => store.set("k", 1, { ttl: 50 })],
    ["by keepTtl where nothing was", (store) => store.set("k", 1, { keepTtl: true })],
    ["in setMany", (store) => store.setMany([["k", 1]])],
    ["in setMany by keepTtl", (store) => store.setMany([["k", 1]], { keepTtl: true })],
    ["with metadata", (store) => store.set("k", 1, { tags: ["t"] })],
    ["by compareAndSet", (store) => store.compareAndSet("k", 1, { version: 0 })],
    [
      "by touch",
      (store) => {
        store.set("k", 1, { ttl: null });
        store.touch("k", 50);
      },
    ],
  ] as [string, (store: ReturnType<typeof createStore>) => void][])("is prompt for a deadline set %s", (_, write) => {
    const { store, clock } = timedStore({ defaultTtl: 50 });
    write(store);
    const told = watched(store);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(49);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([["expire", "k", 1, undefined]]);
  });

  it("does not happen to what was deleted, overwritten or persisted before", () => {
    const { store, clock } = timedStore();
    store.setMany(
      [
        ["deleted", 1],
        ["overwritten", 1],
        ["persisted", 1],
        ["touched", 1],
      ],
      { ttl: 10 },
    );
    store.delete("deleted");
    store.set("overwritten", 2);
    store.persist("persisted");
    store.touch("touched", 11);
    const told = watched(store);
    clock.advance(10);
    expect(told).toEqual([]);
    expect(keysOf(store)).toEqual(["overwritten", "persisted", "touched"]);
    clock.advance(1);
    expect(told).toEqual([["expire", "touched", 1, undefined]]);
  });

  it("of very many is complete", () => {
    const { store, clock } = timedStore();
    for (let index = 0; index < 5_000; index++) store.set(`k${index}`, index, { ttl: 1 + (index % 500) });
    let expired = 0;
    store.subscribe(({ changes }) => {
      expired += changes.length;
    });
    for (let step = 0; step < 10; step++) {
      clock.advance(50);
      expect([store.size, expired]).toEqual([5_000 - (step + 1) * 500, (step + 1) * 500]);
    }
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the timer", () => {
  it("is one, and none where nothing expires", () => {
    const { store, clock } = timedStore();
    expect(clock.pendingTimers).toBe(0);
    store.set("forever", 1);
    expect(clock.pendingTimers).toBe(0);
    for (let index = 0; index < 100; index++) {
      store.set(`k${index}`, 1, { ttl: 1_000 - index });
      store.scope("s").set(`k${index}`, 1, { ttl: 500 + index });
      expect(clock.pendingTimers).toBe(1);
    }
    clock.advance(2_000);
    expect([clock.pendingTimers, keysOf(store)]).toEqual([0, ["forever"]]);
  });

  it("reaches deadlines beyond 2³¹ ms in steps", () => {
    const { store, clock } = timedStore();
    const told = watched(store);
    store.set("k", 1, { ttl: 100 * day });
    clock.advance(100 * day - 1);
    expect([told.length, store.has("k"), clock.pendingTimers]).toEqual([1, true, 1]);
    clock.advance(1);
    expect([told.length, clock.pendingTimers]).toEqual([2, 0]);
  });

  it("is asked for spans that platforms take", () => {
    const asked: number[] = [];
    const clock: Clock = { now: () => 0, setTimer: (_, span) => asked.push(span), clearTimer: () => undefined };
    const store = createStore({ clock });
    store.set("k", 1, { ttl: "52w" });
    store.set("l", 1, { ttl: 5 });
    expect(asked).toEqual([2 ** 31 - 1, 5]);
  });

  it("may ring early, as platforms' timers do", () => {
    let time = 0;
    const rings: (() => void)[] = [];
    const clock: Clock = { now: () => time, setTimer: (ring) => rings.push(ring), clearTimer: () => undefined };
    const store = createStore({ clock });
    const told = watched(store);
    store.set("k", 1, { ttl: 10 });
    time = 9;
    rings.shift()?.();
    expect([told.length, rings.length]).toEqual([1, 1]);
    time = 10;
    rings.shift()?.();
    expect([told.length, rings.length]).toEqual([2, 0]);
  });
});

describe("time", () => {
  it("does not go back: what has expired stays so, and deadlines count from the latest time seen", () => {
    const clock = silentClock();
    const store = createStore({ clock });
    store.set("k", 1, { ttl: 100 });
    clock.time += 100;
    expect(store.has("k")).toBe(false);
    clock.time -= 90;
    expect(store.get("k")).toBeUndefined();
    store.set("k", 2, { ttl: 10 });
    expect(store.meta("k")).toMatchObject({ createdAt: startTime + 100, deadline: startTime + 110 });
    expect(store.ttl("k")).toBe(10);
    clock.time = startTime + 109;
    expect(store.get("k")).toBe(2);
    clock.time += 1;
    expect(store.get("k")).toBeUndefined();
  });

  it("is not taken back by a plain write either", () => {
    const clock = silentClock();
    const store = createStore({ clock });
    clock.time += 100;
    store.set("first", 1);
    clock.time -= 90;
    store.set("second", "text");
    expect(store.meta("second")).toMatchObject({ createdAt: startTime + 100, updatedAt: startTime + 100 });
  });
});
