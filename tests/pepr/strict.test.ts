/**
 * Strict mode used alone: Pepr's quirks over a Holdall store, which stands for its controller and cluster. That strict mode is Pepr's
 * `Storage` once a controller registers is the matter of node/strict-differential.test.ts.
 */
import { expect, it, vi } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { createStore, openStore } from "../../ts/index.js";
import { peprStore } from "../../ts/pepr/index.js";
import { StrictPeprStore } from "../../ts/pepr/strict.js";
import type { PeprData } from "../../ts/pepr/types.js";
import { handClock } from "./support/clock.js";

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

it("reads nothing before it has been received, and the empty value as missing", async () => {
  const store = peprStore({ compat: "strict" });
  await settle();
  store.setItem("a/b", "1");
  store.setItem("empty", "");
  expect(store.getItem("a/b")).toBeNull();
  await settle();
  expect([store.getItem("a/b"), store.getItem("empty")]).toEqual(["1", null]);
});

it("shows snapshots with v2- before the keys as stored", async () => {
  const store = peprStore({ compat: "strict" });
  const seen: PeprData[] = [];
  store.subscribe((data) => seen.push(data));
  await expect(store.setItemAndWait("https://a~b", "1")).resolves.toBe("ok");
  await expect(store.removeItemAndWait("https://a~b")).resolves.toBe("ok");
  expect(seen).toEqual([{}, { "v2-https://a~b": "1" }, {}]);
});

it("clears everything", async () => {
  const store = peprStore({ compat: "strict" });
  for (const key of ["a", "b", "c/d"]) await store.setItemAndWait(key, "1");
  store.clear();
  await settle();
  expect(["a", "b", "c/d"].map(store.getItem)).toEqual([null, null, null]);
});

it("runs onReady at the first content only", async () => {
  const store = peprStore({ compat: "strict" });
  const early = vi.fn();
  const late = vi.fn();
  store.onReady(early);
  await settle();
  store.onReady(late);
  store.setItem("a", "1");
  await settle();
  expect([early.mock.calls, late.mock.calls]).toEqual([[[{}]], []]);
});

it("rejects waits with a string after 15 s", async () => {
  const clock = handClock();
  const store = new StrictPeprStore({ clock });
  store.registerSender(() => {});
  const answers = Promise.allSettled([store.setItemAndWait("a", "1"), store.removeItemAndWait("b")]);
  store.receive({ "v2-b": "1" });
  await clock.advance(15_000);
  expect((await answers).map((answer) => (answer as PromiseRejectedResult).reason)).toEqual([
    "MAX_WAIT_TIME elapsed: Key a not seen in 15s",
    "MAX_WAIT_TIME elapsed: Key b still seen after 15s",
  ]);
});

it("shares its items with a store that is not strict, each capability its own", async () => {
  const shared = createStore();
  const strict = peprStore({ store: shared, capability: "a", compat: "strict" });
  const plain = peprStore({ store: shared, capability: "a" });
  const other = peprStore({ store: shared, capability: "a-b" });
  await strict.setItemAndWait("k", "1");
  expect([plain.getItem("k"), other.getItem("k")]).toEqual(["1", null]);
  plain.setItem("k", "2");
  await settle();
  expect(strict.getItem("k")).toBe("2");
});

it("reports a write that the Holdall store refuses", async () => {
  const errors: unknown[] = [];
  const store = peprStore({ compat: "strict", onError: (error) => errors.push(error) });
  store.setItem("a", 1 as never);
  store.setItem("\ud800", "1");
  await settle();
  expect(errors).toEqual([expect.objectContaining({ code: "INVALID_ARGUMENT" }), expect.objectContaining({ code: "INVALID_KEY" })]);
});

it("leaves the Holdall store when a controller registers, and when it closes", async () => {
  const shared = createStore();
  const store = peprStore({ store: shared, compat: "strict" });
  const sender = vi.fn();
  store.registerSender(sender);
  store.setItem("a", "1");
  shared.set("b", "2");
  await settle();
  expect([sender.mock.calls, shared.size, store.getItem("b")]).toEqual([[["add", ["v2-a"], "1"]], 1, null]);

  await using closed = peprStore({ store: shared, compat: "strict" });
  await settle();
  await closed.close();
  expect(closed.getItem("b")).toBe("2");
  expect(() => closed.setItem("b", "3")).toThrow(expect.objectContaining({ code: "CLOSED" }));
});

it("on a store that a backend keeps shows what the backend has, and ends a wait when the write is durable", async () => {
  const shared = await openStore({ backend: memory() });
  const store = peprStore({ store: shared, compat: "strict" });
  const seen: unknown[] = [];
  store.subscribe((data) => seen.push([data, shared.meta("a")?.pending ?? false]));
  await store.setItemAndWait("a", "1");
  expect([shared.meta("a")?.pending, store.getItem("a")]).toEqual([false, "1"]);
  store.setItem("b", "1");
  await store.close();
  expect([shared.get("b"), shared.meta("b")?.pending]).toEqual(["1", false]);
  expect(seen.every((entry) => !(entry as [unknown, boolean])[1])).toBe(true);
  await shared.close();
});

it("is connected to nothing as a stand-in, and throws before a sender as Pepr's does", () => {
  const store = peprStore({ compat: "strict", standIn: true });
  expect(store).toBeInstanceOf(StrictPeprStore);
  expect(() => store.setItem("a", "1")).toThrow(TypeError);
});
