/** The promise of contract 15 on traps: an engine that stopped fails every store of its instance, loudly. A file of its own, since nothing works after it. */
import { expect, it, vi } from "vitest";
import { RawStore } from "../../pkg/holdall.js";
import { createStore } from "../../ts/index.js";
import { expectError, timedStore } from "./support.js";

it("a trap fails the call, and every later one of every store, hot reads too", () => {
  const { store, clock } = timedStore();
  const other = createStore();
  store.set("k", { a: 1 }, { ttl: 5 });
  other.set("k", { a: 1 });
  other.get("k");
  other.scope("s").get("k");
  const trap = new WebAssembly.RuntimeError("unreachable");
  vi.spyOn(RawStore.prototype, "peek").mockImplementation(() => {
    throw trap;
  });
  expect(expectError(() => store.has("k"), "ENGINE_FAILED").cause).toBe(trap);
  vi.restoreAllMocks();
  for (const view of [store, other, other.scope.bind(other)]) {
    if (typeof view === "function") {
      expectError(() => view("s"), "ENGINE_FAILED");
      continue;
    }
    for (const call of [
      () => view.get("k"),
      () => view.getOrDefault("k", 1),
      () => view.peek("k"),
      () => view.has("k"),
      () => view.size,
      () => view.keys(),
      () => view.set("k", 1),
      () => view.setMany([["k", 1]]),
      () => view.clear(),
      () => view.watch(() => undefined),
    ]) {
      expectError(call, "ENGINE_FAILED");
    }
  }
  expectError(() => createStore(), "ENGINE_FAILED");
  clock.advance(10);
  store.dispose();
  other.dispose();
  expectError(() => store.get("k"), "CLOSED");
});
