/**
 * What Pepr's face promises when it is used alone, without a cluster.
 */
import { describe, expect, it, vi } from "vitest";
import { createStore } from "../../ts/index.js";
import { peprStore } from "../../ts/pepr/index.js";
import { PeprStore } from "../../ts/pepr/store.js";
import type { PeprData } from "../../ts/pepr/types.js";
import { handClock } from "./support/clock.js";

const oddKeys = ["", "https://a.b/c", "a~b", "~0", "__proto__", "constructor", "v2-x", "user:1", "日本", "😀"];

describe("reading and writing", () => {
  it("reads its own writes at once, with any string as key and value", () => {
    const store = peprStore();
    for (const key of oddKeys) {
      expect(store.getItem(key)).toBeNull();
      store.setItem(key, `value of ${key}`);
      expect(store.getItem(key)).toBe(`value of ${key}`);
    }
    expect(store.keys()).toHaveLength(oddKeys.length);
    for (const key of oddKeys) store.removeItem(key);
    expect(store.length).toBe(0);
  });

  it("keeps an empty value apart from a missing one", () => {
    const store = peprStore();
    store.setItem("empty", "");
    expect([store.getItem("empty"), store.has("empty")]).toEqual(["", true]);
    expect([store.getItem("missing"), store.has("missing")]).toEqual([null, false]);
  });

  it("refuses keys and values that are no strings, and changes nothing", async () => {
    const store = peprStore();
    store.setItem("a", "1");
    for (const wrong of [1, null, undefined, {}, Symbol("s"), ["a"]] as never[]) {
      for (const call of [
        () => store.setItem("a", wrong),
        () => store.setItem(wrong, "x"),
        () => store.removeItem(wrong),
        () => store.getItem(wrong),
        () => store.has(wrong),
      ]) {
        expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", name: "TypeError" }));
      }
      await expect(store.setItemAndWait("a", wrong)).rejects.toBeInstanceOf(TypeError);
      await expect(store.removeItemAndWait(wrong)).rejects.toBeInstanceOf(TypeError);
      expect(() => store.subscribe(wrong)).toThrow(TypeError);
      expect(() => store.onReady(wrong)).toThrow(TypeError);
      expect(() => store.registerSender(wrong)).toThrow(TypeError);
    }
    expect(store.keys()).toEqual(["a"]);
    expect(store.getItem("a")).toBe("1");
  });

  it("lists as Web Storage does: length and key(index), in code-point order", () => {
    const store = peprStore();
    for (const key of ["b", "a", "c"]) store.setItem(key, key);
    expect([store.length, store.key(0), store.key(2), store.key(3), store.key(-1), store.key(0.5)]).toEqual([
      3,
      "a",
      "c",
      null,
      null,
      null,
    ]);
    expect(() => store.key("0" as never)).toThrow(TypeError);
  });

  it("removes what is missing, and clears what is empty, without an error", () => {
    const store = peprStore();
    store.removeItem("missing");
    store.clear();
    store.setItem("a", "1");
    store.setItem("b", "2");
    store.clear();
    store.clear();
    expect(store.length).toBe(0);
  });

  it("has bound methods, as Pepr's are", () => {
    const { setItem, getItem, keys } = peprStore();
    setItem("a", "1");
    expect([getItem("a"), keys()]).toEqual(["1", ["a"]]);
  });
});

describe("waits", () => {
  it("resolve ok after the listeners were told", async () => {
    const store = peprStore();
    const events: string[] = [];
    store.subscribe((data) => events.push(`told ${data.a ?? "nothing"}`));
    const wait = store.setItemAndWait("a", "1").then((answer) => events.push(answer));
    expect(store.getItem("a")).toBe("1");
    await wait;
    await expect(store.setItemAndWait("a", "1")).resolves.toBe("ok");
    expect(events.slice(0, 2)).toEqual(["told 1", "ok"]);
    await expect(store.removeItemAndWait("a")).resolves.toBe("ok");
    await expect(store.removeItemAndWait("missing")).resolves.toBe("ok");
    expect(store.has("a")).toBe(false);
  });

  it("write nothing under a signal that has aborted, and reject with its reason", async () => {
    const store = peprStore();
    const reason = new Error("enough");
    await expect(store.setItemAndWait("a", "1", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(store.has("a")).toBe(false);
  });

  it("refuse timeouts that are none", async () => {
    for (const timeout of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      await expect(peprStore().setItemAndWait("a", "1", { timeout })).rejects.toBeInstanceOf(RangeError);
      expect(() => peprStore({ timeout })).toThrow(RangeError);
    }
    await expect(peprStore().setItemAndWait("a", "1", { timeout: "1s" as never })).rejects.toBeInstanceOf(TypeError);
    await expect(peprStore().setItemAndWait("a", "1", { signal: {} as never })).rejects.toBeInstanceOf(TypeError);
    await expect(peprStore().setItemAndWait("a", "1", 15 as never)).rejects.toBeInstanceOf(TypeError);
  });
});

describe("subscribe", () => {
  it("gives each listener a copy of its own, once per commit", () => {
    const store = peprStore();
    const first: PeprData[] = [];
    const second: PeprData[] = [];
    store.subscribe((data) => {
      first.push({ ...data });
      data.a = "spoilt";
    });
    store.subscribe((data) => second.push(data));
    store.setItem("a", "1");
    store.setItem("b", "2");
    store.removeItem("a");
    store.removeItem("missing");
    store.clear();
    const expected = [{ a: "1" }, { a: "1", b: "2" }, { b: "2" }, {}];
    expect(first).toEqual(expected);
    expect(second).toEqual(expected);
  });

  it("takes every key as an ordinary one", () => {
    const store = peprStore();
    let seen: PeprData = {};
    store.subscribe((data) => {
      seen = data;
    });
    store.setItem("__proto__", "polluted");
    expect(Object.entries(seen)).toEqual([["__proto__", "polluted"]]);
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype);
  });

  it("lets no listener stop another, and reports what they throw or reject with", async () => {
    const errors: unknown[] = [];
    const store = peprStore({ onError: (error) => errors.push(error) });
    const later = vi.fn();
    store.subscribe(() => {
      throw "thrown";
    });
    store.subscribe(async () => {
      throw "rejected";
    });
    store.subscribe(later);
    store.setItem("a", "1");
    await Promise.resolve();
    await Promise.resolve();
    expect(later).toHaveBeenCalledTimes(1);
    expect(errors).toEqual(["thrown", "rejected"]);
  });

  it("ends at unsubscribe, within a round too, and unsubscribing twice is nothing", () => {
    const store = peprStore();
    const second = vi.fn();
    const third = vi.fn();
    let stopSecond = () => {};
    const stopFirst = store.subscribe(() => stopSecond());
    stopSecond = store.subscribe(second);
    store.subscribe(third);
    store.setItem("a", "1");
    stopFirst();
    stopFirst();
    store.setItem("a", "2");
    expect(second).not.toHaveBeenCalled();
    expect(third).toHaveBeenCalledTimes(2);
  });

  it("shows every listener both commits when one listener writes", () => {
    const store = peprStore();
    const seen: string[] = [];
    store.subscribe(({ a }) => {
      if (a === "1") store.setItem("a", "2");
    });
    store.subscribe(({ a }) => seen.push(a ?? ""));
    store.setItem("a", "1");
    expect(seen).toEqual(["1", "2"]);
  });
});

describe("onReady and ready", () => {
  it("runs each callback once, those registered late too, never within the registration", async () => {
    const store = peprStore();
    const early = vi.fn();
    const late = vi.fn();
    store.onReady(early);
    store.setItem("a", "1");
    expect(early).not.toHaveBeenCalled();
    await store.ready();
    store.onReady(late);
    expect(late).not.toHaveBeenCalled();
    await store.ready();
    store.setItem("a", "2");
    await store.ready();
    expect(early.mock.calls).toEqual([[{ a: "1" }]]);
    expect(late.mock.calls).toEqual([[{ a: "1" }]]);
  });

  it("is ready when asynchronous callbacks have ended; their errors go to onError", async () => {
    const errors: unknown[] = [];
    const store = peprStore({ onError: (error) => errors.push(error) });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isReady = false;
    store.onReady(() => gate);
    store.onReady(async () => {
      throw "rejected";
    });
    store.onReady(() => {
      throw "thrown";
    });
    const last = vi.fn();
    store.onReady(last);
    const ready = store.ready().then(() => {
      isReady = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect([isReady, last.mock.calls.length]).toEqual([false, 1]);
    release();
    await ready;
    expect(errors.sort()).toEqual(["rejected", "thrown"]);
  });

  it("means loaded to a callback that asks for it, which would wait for itself, and waits for that callback elsewhere", async () => {
    const store = peprStore();
    const order: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    store.onReady(async () => {
      await store.ready();
      order.push("within");
      await gate;
      order.push("end of the callback");
    });
    await Promise.resolve();
    const ready = store.ready().then(() => order.push("elsewhere"));
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(order).toEqual(["within"]);
    release();
    await ready;
    expect(order).toEqual(["within", "end of the callback", "elsewhere"]);
  });
});

describe("namespaces", () => {
  it("keep capabilities apart, whatever their names", () => {
    const shared = createStore();
    const names = ["a", "a-b", "ab", "a:b", "~a", "a~", "v2", "a-v2-b"];
    const stores = names.map((capability) => peprStore({ store: shared, capability }));
    for (const [index, store] of stores.entries()) store.setItem("b-x", `of ${index}`);
    expect(stores.map((store) => store.getItem("b-x"))).toEqual(names.map((_, index) => `of ${index}`));
    expect(stores.map((store) => store.keys())).toEqual(names.map(() => ["b-x"]));
    stores[0]?.clear();
    expect(stores.map((store) => store.length)).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
  });

  it("tell listeners of their own changes only", () => {
    const shared = createStore();
    const listener = vi.fn();
    peprStore({ store: shared, capability: "a" }).subscribe(listener);
    peprStore({ store: shared, capability: "a-b" }).setItem("x", "1");
    expect(listener).not.toHaveBeenCalled();
    peprStore({ store: shared, capability: "a" }).setItem("x", "2");
    expect(listener.mock.calls).toEqual([[{ x: "2" }]]);
  });

  it("hide what others put there that is no string", () => {
    const shared = createStore();
    const store = peprStore({ store: shared });
    shared.set("number", 1);
    store.setItem("a", "1");
    let seen: PeprData = {};
    store.subscribe((data) => {
      seen = data;
    });
    store.setItem("b", "2");
    expect([store.getItem("number"), store.has("number"), store.length, store.keys()]).toEqual([null, false, 2, ["a", "b"]]);
    expect(seen).toEqual({ a: "1", b: "2" });
  });
});

describe("close", () => {
  it("ends every call with CLOSED, is idempotent, and frees a store of its own", async () => {
    const store = peprStore();
    store.setItem("a", "1");
    const stop = store.subscribe(() => {});
    const closing = store.close();
    expect(store.close()).toBe(closing);
    for (const call of [
      () => store.getItem("a"),
      () => store.setItem("a", "2"),
      () => store.removeItem("a"),
      () => store.clear(),
      () => store.has("a"),
      () => store.keys(),
      () => store.length,
      () => store.key(0),
      () => store.subscribe(() => {}),
      () => store.onReady(() => {}),
      () => store.registerSender(() => {}),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "CLOSED" }));
    }
    for (const promise of [store.setItemAndWait("a", "2"), store.removeItemAndWait("a"), store.ready(), store.flush()]) {
      await expect(promise).rejects.toMatchObject({ code: "CLOSED" });
    }
    await closing;
    await store[Symbol.asyncDispose]();
    stop();
    store.receive({ "v2-a": "3" });
  });

  it("leaves a given store as it is", async () => {
    const shared = createStore();
    const store = peprStore({ store: shared });
    store.setItem("a", "1");
    await store.flush();
    await store.close();
    expect(shared.get("a")).toBe("1");
  });
});

describe("options", () => {
  it("are checked by name", () => {
    for (const [options, name] of [
      [5, "options"],
      [{ store: {} }, "store"],
      [{ capability: "" }, "capability"],
      [{ capability: 1 }, "capability"],
      [{ compat: "loose" }, "compat"],
      [{ clock: {} }, "clock"],
      [{ onError: "log" }, "onError"],
      [{ standIn: 1 }, "standIn"],
      [{ timeout: "15s" }, "timeout"],
    ] as const) {
      expect(() => peprStore(options as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(name) }),
      );
    }
  });

  it("leave no timer behind", async () => {
    const clock = handClock();
    const store = peprStore({ store: createStore(), clock });
    await store.setItemAndWait("a", "1");
    await store.flush();
    expect(clock.timers).toBe(0);
    expect(store).toBeInstanceOf(PeprStore);
  });
});
