/**
 * Pepr's known defects, one test each: what went wrong there, and that it goes right here. The same against Pepr's real controller is in
 * node/controller.test.ts; here a small cluster with the controller's habits (support/cluster.ts) does, in browsers too.
 */
import { expect, it, vi } from "vitest";
import { peprStore } from "../../ts/pepr/index.js";
import { connected } from "./support/connected.js";

it("clear() of two keys was sent as one malformed patch", () => {
  const { cluster, store, round } = connected({ "v2-a": "1", "v2-b/c": "2" });
  store.clear();
  expect(cluster.sent).toEqual([
    ["remove", ["v2-a"]],
    ["remove", ["v2-b~1c"]],
  ]);
  round();
  expect([cluster.refusals, cluster.content()]).toEqual([0, {}]);
});

it("set 1, 2, 1 within a flush ended as 2", () => {
  const { cluster, store, round } = connected();
  for (const value of ["1", "2", "1"]) store.setItem("a", value);
  round();
  round();
  expect([cluster.content(), store.getItem("a")]).toEqual([{ "v2-a": "1" }, "1"]);
});

it("set-remove-set ended absent", () => {
  const { cluster, store, round } = connected();
  store.setItem("a", "1");
  store.removeItem("a");
  store.setItem("a", "1");
  for (let turn = 0; turn < 3; turn += 1) round();
  expect([cluster.content(), store.getItem("a")]).toEqual([{ "v2-a": "1" }, "1"]);
});

it("removing a missing key discarded the whole pending batch", () => {
  const { cluster, store, round } = connected();
  store.setItem("a", "1");
  store.removeItem("missing");
  round();
  expect([cluster.refusals, cluster.content()]).toEqual([0, { "v2-a": "1" }]);
});

it("a write made while a patch is in flight was lost", async () => {
  const { clock, cluster, store, round } = connected();
  store.setItem("a", "1");
  cluster.patch();
  const wait = store.setItemAndWait("b", "2");
  cluster.lose();
  store.receive(cluster.content());
  await clock.advance(6_000);
  round();
  await expect(wait).resolves.toBe("ok");
  expect(cluster.content()).toEqual({ "v2-a": "1", "v2-b": "2" });
});

it("a failure other than 422 overwrote the pending data", async () => {
  const { clock, cluster, store, round } = connected({ "v2-gone": "1" });
  store.setItem("a", "1");
  store.removeItem("gone");
  // The controller forgets the values that it failed to send, and then all that it has.
  cluster.lose();
  await clock.advance(1_000);
  store.setItem("b", "2");
  cluster.lose();
  store.receive(cluster.content());
  for (let turn = 0; turn < 8; turn += 1) {
    await clock.advance(6_000);
    round();
  }
  expect(cluster.content()).toEqual({ "v2-a": "1", "v2-b": "2" });
});

it("capability a saw keys of a-b and ab", () => {
  const { store } = connected();
  // What the controller hands to `a` when the resource holds a-v2-x, a-b-v2-y and ab-v2-z.
  store.receive({ "v2-x": "1", "b-v2-y": "2", "-v2-z": "3" });
  expect(store.keys()).toEqual(["x"]);
});

it("updates closer than a second starved readers", () => {
  const { cluster, store } = connected();
  for (let count = 0; count < 100; count += 1) {
    store.setItem("count", String(count));
    // The cluster moves on, and no content ever comes.
    cluster.patch();
    expect(store.getItem("count")).toBe(String(count));
  }
});

it("a throwing listener blocked the others, and those of other capabilities", () => {
  const { errors, store } = connected();
  const second = vi.fn();
  store.subscribe(() => {
    throw "thrown";
  });
  store.subscribe(second);
  expect(() => store.receive({ "v2-a": "1" })).not.toThrow();
  expect([second.mock.calls, errors]).toEqual([[[{ a: "1" }]], ["thrown"]]);
});

it("the empty value was read as null", () => {
  const { store, round } = connected();
  store.setItem("a", "");
  expect(store.getItem("a")).toBe("");
  round();
  expect(store.getItem("a")).toBe("");
});

it("an onReady callback registered late never ran", async () => {
  const { store } = connected({ "v2-a": "1" });
  const late = vi.fn();
  store.onReady(late);
  await store.ready();
  expect(late.mock.calls).toEqual([[{ a: "1" }]]);
});

it("an onReady callback that threw kept the content from the others, and ran again at each content", () => {
  const errors: unknown[] = [];
  const store = peprStore({ standIn: true, onError: (error) => errors.push(error) });
  const second = vi.fn();
  store.onReady(() => {
    throw "thrown";
  });
  store.onReady(second);
  store.receive({ "v2-a": "1" });
  store.receive({ "v2-a": "2" });
  expect([store.getItem("a"), second.mock.calls, errors]).toEqual(["2", [[{ a: "1" }]], ["thrown"]]);
});
