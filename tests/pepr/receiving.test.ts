/**
 * What Pepr's face shows of a cluster whose content it receives, and when its waits and `onReady` callbacks end.
 */
import { describe, expect, it, vi } from "vitest";
import { peprStore } from "../../ts/pepr/index.js";
import { connected, stateOf } from "./support/connected.js";

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
    // Once for each such item, and it holds up no other.
    store.receive({ "v2-a": "2", [`v2-${"x".repeat(1025)}`]: "2" });
    expect([store.keys(), store.getItem("a"), errors.length]).toEqual([["a"], "2", 1]);
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
