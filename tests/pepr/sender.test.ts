/**
 * What Pepr's face promises when it stands in for Pepr's own `Storage`: `registerSender` and `receive` connect it to a cluster.
 */
import { describe, expect, it, vi } from "vitest";
import { createStore } from "../../ts/index.js";
import { peprFactory } from "../../ts/pepr/factory.js";
import type { PeprStore } from "../../ts/pepr/store.js";
import type { PeprData, PeprStoreOptions } from "../../ts/pepr/types.js";
import { handClock } from "./support/clock.js";
import { Cluster } from "./support/cluster.js";

const peprStore = peprFactory(createStore);

function connected(content: PeprData = {}, options: Omit<PeprStoreOptions, "compat"> = {}) {
  const clock = handClock();
  const cluster = new Cluster();
  const errors: unknown[] = [];
  const store = peprStore({ clock, onError: (error) => errors.push(error), standIn: true, ...options });
  for (const [key, value] of Object.entries(content)) cluster.data.set(key, value);
  store.registerSender(cluster.sender);
  store.receive(cluster.content());
  const round = () => {
    cluster.patch();
    store.receive(cluster.content());
  };
  return { clock, cluster, errors, store, round };
}

/** Whether a promise has settled, without waiting for it. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const result = promise.then(String, (error: Error) => error.message);
  let state = "pending";
  void result.then((text) => {
    state = text;
  });
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  return state;
}

describe("what is sent", () => {
  it("is an add or a remove of one key, as a JSON Pointer token after v2-", () => {
    const { cluster, store } = connected({ "v2-https://a~b": "0" });
    store.setItem("https://a~b", "1");
    store.setItem("plain", "");
    store.removeItem("https://a~b");
    expect(cluster.sent).toEqual([
      ["add", ["v2-https:~1~1a~0b"], "1"],
      ["add", ["v2-plain"], ""],
      ["remove", ["v2-https:~1~1a~0b"]],
    ]);
  });

  it("is held back when it returns to a value that a late content could still show", () => {
    const { cluster, store } = connected({ "v2-a": "1" });
    const stale = cluster.content();
    store.setItem("a", "2");
    store.setItem("a", "1");
    store.receive(stale);
    expect(cluster.sent).toEqual([["add", ["v2-a"], "2"]]);
    cluster.patch();
    store.receive(cluster.content());
    expect(cluster.sent[1]).toEqual(["add", ["v2-a"], "1"]);
    expect(store.getItem("a")).toBe("1");
  });

  it("is each of several values of a key, while no two of them can be mistaken", () => {
    const { cluster, store, round } = connected({ "v2-a": "0" });
    for (const value of ["1", "2", "3"]) store.setItem("a", value);
    expect(cluster.sent).toHaveLength(3);
    round();
    expect([cluster.content(), store.getItem("a")]).toEqual([{ "v2-a": "3" }, "3"]);
  });

  it("is nothing when the store underneath refuses the write", async () => {
    const { cluster, store } = connected();
    expect(() => store.setItem("\ud800", "1")).toThrow(expect.objectContaining({ code: "INVALID_KEY" }));
    await expect(store.setItemAndWait("x".repeat(1025), "1")).rejects.toMatchObject({ code: "INVALID_KEY" });
    expect(cluster.sent).toEqual([]);
    await store.flush();
  });

  it("waits for a sender when it stands in, removals for the first content too", () => {
    const cluster = new Cluster();
    cluster.data.set("v2-old", "0").set("v2-older", "0");
    const store = peprStore({ standIn: true });
    store.setItem("a", "1");
    store.removeItem("old");
    store.removeItem("missing");
    expect([store.getItem("a"), store.getItem("old")]).toEqual(["1", null]);
    store.registerSender(cluster.sender);
    expect(cluster.sent).toEqual([["add", ["v2-a"], "1"]]);
    store.receive(cluster.content());
    expect(cluster.sent.slice(1)).toEqual([["remove", ["v2-old"]]]);
    cluster.patch();
    store.receive(cluster.content());
    expect(cluster.content()).toEqual({ "v2-a": "1", "v2-older": "0" });
  });

  it("clears at the first content what was cleared before it, and keeps what was set after", () => {
    const cluster = new Cluster();
    cluster.data.set("v2-old", "0").set("v2-a", "0");
    const store = peprStore({ standIn: true });
    store.registerSender(cluster.sender);
    store.setItem("lost", "0");
    store.clear();
    store.setItem("a", "1");
    store.receive(cluster.content());
    expect(store.keys()).toEqual(["a"]);
    for (let round = 0; round < 3; round += 1) {
      cluster.patch();
      store.receive(cluster.content());
    }
    expect(cluster.content()).toEqual({ "v2-a": "1" });
  });

  it("is what the store held when the sender came, unless it stood in", () => {
    const store = peprStore();
    store.setItem("a", "1");
    const cluster = new Cluster();
    store.registerSender(cluster.sender);
    expect(cluster.sent).toEqual([["add", ["v2-a"], "1"]]);
  });

  it("goes to the newest sender, what is on its way included", () => {
    const { cluster, store } = connected();
    store.setItem("a", "1");
    const second = new Cluster();
    store.registerSender(second.sender);
    store.setItem("b", "2");
    expect([cluster.sent.length, second.sent]).toEqual([
      1,
      [
        ["add", ["v2-a"], "1"],
        ["add", ["v2-b"], "2"],
      ],
    ]);
  });

  it("may be answered within the call", async () => {
    const store = peprStore({ standIn: true });
    const data: PeprData = {};
    store.registerSender((operation, [key = ""], value = "") => {
      if (operation === "add") data[key] = value;
      else delete data[key];
      store.receive({ ...data });
    });
    store.receive(data);
    store.subscribe((seen) => {
      if (seen.a === "1") store.setItem("a", "2");
    });
    await expect(store.setItemAndWait("a", "1")).resolves.toBe("ok");
    expect([store.getItem("a"), data]).toEqual(["2", { "v2-a": "2" }]);
    store.clear();
    await store.flush();
    expect([store.length, data]).toEqual([0, {}]);
  });

  it("is at most a thousand keys at once; the others follow", async () => {
    const { cluster, store, round } = connected();
    for (let index = 0; index < 2_500; index += 1) store.setItem(`k${index}`, "1");
    expect(cluster.sent).toHaveLength(1_000);
    for (let turn = 0; turn < 3; turn += 1) round();
    expect(cluster.data.size).toBe(2_500);
    await store.flush();
  });
});

describe("what is read", () => {
  it("is the cluster's content with the own writes on top, until they are answered", () => {
    const { cluster, store, round } = connected({ "v2-a": "0", "v2-b": "0", "v2-c": "0" });
    store.setItem("a", "1");
    store.removeItem("b");
    store.setItem("new", "1");
    store.receive({ "v2-a": "0", "v2-b": "0", "v2-c": "foreign" });
    expect([store.getItem("a"), store.getItem("b"), store.getItem("c"), store.getItem("new")]).toEqual(["1", null, "foreign", "1"]);
    round();
    expect(cluster.content()).toEqual({ "v2-a": "1", "v2-c": "0", "v2-new": "1" });
    store.receive({ "v2-a": "foreign" });
    expect([store.keys(), store.getItem("a")]).toEqual([["a"], "foreign"]);
  });

  it("leaves out what is not this capability's, and what is no string", () => {
    const { store } = connected();
    store.receive({ "v2-a": "1", "b-v2-x": "2", "-v2-x": "3", unprefixed: "4", "v2-n": 5 as never, "v2-__proto__": "6" });
    expect(store.keys()).toEqual(["__proto__", "a"]);
    store.receive(null as never);
    expect(store.length).toBe(0);
    expect(() => store.receive("text" as never)).toThrow(TypeError);
  });

  it("is told to listeners once per content that changes something", () => {
    const { store } = connected({ "v2-a": "1", "v2-b": "1" });
    const listener = vi.fn();
    store.subscribe(listener);
    store.receive({ "v2-b": "2", "v2-c": "3" });
    store.receive({ "v2-b": "2", "v2-c": "3" });
    expect(listener.mock.calls).toEqual([[{ b: "2", c: "3" }]]);
  });

  it("leaves out what the store underneath refuses, and reports it", () => {
    const { store, errors } = connected();
    store.receive({ "v2-a": "1", [`v2-${"x".repeat(1025)}`]: "2", "v2-b": "3" });
    expect(store.keys()).toEqual(["a", "b"]);
    expect(errors).toEqual([expect.objectContaining({ code: "INVALID_KEY" })]);
  });

  it("is simply replaced by a content when there is no sender", () => {
    const store = peprStore();
    store.setItem("a", "1");
    store.receive({ "v2-b": "2" });
    expect([store.keys(), store.getItem("b")]).toEqual([["b"], "2"]);
  });
});

describe("waits", () => {
  it("resolve when the content shows the write", async () => {
    const { store, round } = connected();
    const set = store.setItemAndWait("a", "1");
    store.receive({ "v2-b": "1" });
    expect(await stateOf(set)).toBe("pending");
    round();
    await expect(set).resolves.toBe("ok");
    const removal = store.removeItemAndWait("a");
    expect(await stateOf(removal)).toBe("pending");
    round();
    await expect(removal).resolves.toBe("ok");
  });

  it("resolve at once for a write that changes nothing, and the removal of a missing key", async () => {
    const { cluster, store } = connected({ "v2-a": "1" });
    await expect(store.setItemAndWait("a", "1")).resolves.toBe("ok");
    await expect(store.removeItemAndWait("missing")).resolves.toBe("ok");
    expect(cluster.sent).toEqual([["add", ["v2-a"], "1"]]);
  });

  it("resolve for a later write that supersedes theirs, and not for an earlier one", async () => {
    const { store } = connected({ "v2-a": "0" });
    const first = store.setItemAndWait("a", "1");
    const second = store.setItemAndWait("a", "2");
    store.receive({ "v2-a": "1" });
    expect([await stateOf(first), await stateOf(second)]).toEqual(["ok", "pending"]);
    const third = store.setItemAndWait("a", "3");
    const removal = store.removeItemAndWait("a");
    store.receive({});
    expect(await Promise.all([second, third, removal])).toEqual(["ok", "ok", "ok"]);
  });

  it("reject after 15 s as Pepr's do, but with an Error, and leave the write on its way", async () => {
    const { clock, store, round } = connected({ "v2-b": "1" });
    const waits = [store.setItemAndWait("a", "1"), store.removeItemAndWait("b")].map((wait) => wait.catch((error: unknown) => error));
    await clock.advance(14_999);
    expect(await stateOf(waits[0] as Promise<unknown>)).toBe("pending");
    await clock.advance(1);
    const [seen, gone] = await Promise.all(waits);
    expect(seen).toBeInstanceOf(Error);
    expect(seen).toMatchObject({ code: "TIMEOUT", key: "a", message: "MAX_WAIT_TIME elapsed: Key a not seen in 15s" });
    expect(gone).toMatchObject({ code: "TIMEOUT", key: "b", message: "MAX_WAIT_TIME elapsed: Key b still seen after 15s" });
    expect(store.getItem("a")).toBe("1");
    round();
    await store.flush();
  });

  it("take a timeout and a signal of their own, and leave no timer behind", async () => {
    const { clock, store, round } = connected({}, { timeout: 2_000 });
    const controller = new AbortController();
    const reason = new Error("enough");
    const waits = [
      store.setItemAndWait("a", "1"),
      store.setItemAndWait("b", "1", { timeout: 500 }),
      store.setItemAndWait("c", "1", { signal: controller.signal }),
    ].map((wait) => wait.catch((error: Error) => error.message));
    await clock.advance(500);
    controller.abort(reason);
    await clock.advance(1_500);
    expect(await Promise.all(waits)).toEqual([
      "MAX_WAIT_TIME elapsed: Key a not seen in 2s",
      "MAX_WAIT_TIME elapsed: Key b not seen in 0.5s",
      "enough",
    ]);
    round();
    await clock.advance(10_000);
    expect(clock.timers).toBe(0);
  });

  it("of flush and close cover every write made so far", async () => {
    const { store, round } = connected();
    store.setItem("a", "1");
    const flushed = store.flush();
    const closed = store.close();
    expect([await stateOf(flushed), await stateOf(closed)]).toEqual(["pending", "pending"]);
    round();
    await Promise.all([flushed, closed]);
  });

  it("of a close that cannot flush reject, and everything is released all the same", async () => {
    const { clock, cluster, store } = connected({}, { timeout: 1_000 });
    const wait = store.setItemAndWait("a", "1", { timeout: 60_000 }).catch((error: { code: string }) => error.code);
    const closed = store.close().catch((error: { code: string }) => error.code);
    await clock.advance(1_000);
    expect([await closed, await wait]).toEqual(["TIMEOUT", "CLOSED"]);
    const sent = cluster.sent.length;
    await clock.advance(100_000);
    expect([cluster.sent.length, clock.timers]).toEqual([sent, 0]);
  });
});

describe("onReady", () => {
  it("runs once at the first content, before the listeners hear of it, and late ones soon after", async () => {
    const store = peprStore({ standIn: true });
    const calls: unknown[] = [];
    store.onReady((data) => calls.push(["ready", data]));
    store.subscribe((data) => calls.push(["told", data]));
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    expect(calls).toEqual([]);
    const ready = store.ready();
    store.registerSender(() => {});
    store.receive({ "v2-a": "1" });
    await ready;
    store.receive({ "v2-a": "2" });
    store.onReady((data) => calls.push(["late", data]));
    await store.ready();
    expect(calls).toEqual([
      ["ready", { a: "1" }],
      ["told", { a: "1" }],
      ["told", { a: "2" }],
      ["late", { a: "2" }],
    ]);
  });

  it("waits for the content when a sender is registered at once, also without standIn", async () => {
    const store = peprStore();
    const callback = vi.fn();
    store.onReady(callback);
    store.registerSender(() => {});
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    expect(callback).not.toHaveBeenCalled();
    store.receive({ "v2-a": "1" });
    expect(callback.mock.calls).toEqual([[{ a: "1" }]]);
  });

  it("never runs after a close; who waits for it gets CLOSED", async () => {
    const store = peprStore({ standIn: true });
    const callback = vi.fn();
    store.onReady(callback);
    const ready = store.ready().catch((error: { code: string }) => error.code);
    await store.close();
    expect(await ready).toBe("CLOSED");
    store.receive({ "v2-a": "1" });
    expect(callback).not.toHaveBeenCalled();
  });
});

describe("lost and refused writes", () => {
  it("are handed over again when no answer comes, until one does", async () => {
    const { clock, cluster, store, round } = connected();
    const wait = store.setItemAndWait("a", "1");
    cluster.lose();
    await clock.advance(6_000);
    round();
    await expect(wait).resolves.toBe("ok");
    await clock.advance(60_000);
    expect(cluster.sent).toHaveLength(2);
  });

  it("do not take others with them, and end as the cluster's value, with a TIMEOUT to onError", async () => {
    const { clock, cluster, errors, store, round } = connected({ "v2-poison": "good" });
    cluster.refuses = (value) => value === "bad";
    const told: PeprData[] = [];
    store.setItem("poison", "bad");
    store.setItem("a", "1");
    store.setItem("b", "2");
    const waits = [store.flush({ timeout: 600_000 })].map((wait) => wait.catch((error: { code: string }) => error.code));
    store.subscribe((data) => told.push(data));
    round();
    expect([cluster.refusals, cluster.content()]).toEqual([1, { "v2-poison": "good" }]);
    for (let second = 0; second < 60; second += 4) {
      await clock.advance(4_000);
      round();
    }
    expect(cluster.content()).toEqual({ "v2-poison": "good", "v2-a": "1", "v2-b": "2" });
    expect(store.getItem("poison")).toBe("bad");
    for (let second = 0; second < 60; second += 4) {
      await clock.advance(4_000);
      round();
    }
    expect(store.getItem("poison")).toBe("good");
    expect(told.at(-1)).toEqual({ poison: "good", a: "1", b: "2" });
    expect(errors).toEqual([expect.objectContaining({ code: "TIMEOUT", key: "poison" })]);
    expect(await waits[0]).toBe("TIMEOUT");
    expect(clock.timers).toBe(0);
  });

  it("are kept and tried on while no content comes at all", async () => {
    const { clock, cluster, errors, store, round } = connected();
    store.setItem("a", "1");
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(60_000);
      cluster.lose();
    }
    expect([store.getItem("a"), errors]).toEqual(["1", []]);
    await clock.advance(6_000);
    round();
    expect(cluster.content()).toEqual({ "v2-a": "1" });
    await store.flush();
  });

  it("are removals that are not repeated blindly: one that was done after all would be refused, and all else with it", async () => {
    const { clock, cluster, store } = connected({ "v2-a": "1" });
    const removals = () => cluster.sent.filter(([operation]) => operation === "remove").length;
    store.removeItem("a");
    await clock.advance(29_999);
    expect(removals()).toBe(1);
    await clock.advance(1);
    expect(removals()).toBe(2);
    cluster.lose();
    await clock.advance(1_000);
    store.receive(cluster.content());
    await clock.advance(6_000);
    expect(removals()).toBe(3);
    cluster.patch();
    store.receive(cluster.content());
    expect([cluster.refusals, cluster.data.size]).toEqual([0, 0]);
  });

  it("may still arrive: a removal of a key whose lost value was never seen waits until it is seen", async () => {
    const { clock, cluster, store, round } = connected();
    store.setItem("a", "1");
    const removal = store.removeItemAndWait("a", { timeout: 60_000 });
    await clock.advance(20_000);
    store.receive({});
    expect(await stateOf(removal)).toBe("pending");
    round();
    expect(cluster.content()).toEqual({ "v2-a": "1" });
    expect(store.getItem("a")).toBeNull();
    round();
    await expect(removal).resolves.toBe("ok");
    expect(cluster.content()).toEqual({});
  });

  it("do not hold up new writes", async () => {
    const { clock, cluster, store } = connected();
    store.setItem("a", "1");
    store.setItem("b", "1");
    await clock.advance(20_000);
    const before = cluster.sent.length;
    store.setItem("c", "1");
    expect(cluster.sent.slice(before)).toEqual([["add", ["v2-c"], "1"]]);
  });

  it("of a sender that throws or rejects are reported, and tried on", async () => {
    const { clock, errors, store } = connected();
    const data: PeprData = {};
    let tries = 0;
    store.registerSender((_operation, [key = ""], value = "") => {
      tries += 1;
      if (tries === 1) throw "thrown";
      if (tries === 2) return Promise.reject("rejected");
      data[key] = value;
      return store.receive(data);
    });
    const wait = store.setItemAndWait("a", "1");
    await clock.advance(12_000);
    await expect(wait).resolves.toBe("ok");
    expect(errors).toEqual(["thrown", "rejected"]);
  });
});

describe("names", () => {
  it("that another capability's keys could be mistaken for are refused where Pepr's resource is used", () => {
    for (const capability of ["a-v2-b", "a-v2"]) {
      expect(() => peprStore({ capability }).registerSender(() => {})).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
    for (const capability of ["a", "a-b", "v2", "hello-v2x"]) {
      const store: PeprStore = peprStore({ capability });
      expect(() => store.registerSender(() => {})).not.toThrow();
    }
  });
});
