/**
 * The promise of contract 15 on traps, on every platform: what a call throws that is no refusal fails its engine, loudly, for every store
 * on it, and the next store has a new one. What a real trap does is in `node/trap.test.ts`.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createStore, type Store } from "../../ts/index.js";
import { expectError, runningEngine, timedStore } from "./support.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Every kind of call, on a view. */
const calls: readonly [string, (view: Store) => unknown][] = [
  ["get", (view) => view.get("k")],
  ["getOrDefault", (view) => view.getOrDefault("k", 1)],
  ["peek", (view) => view.peek("k")],
  ["has", (view) => view.has("k")],
  ["size", (view) => view.size],
  ["keys", (view) => view.keys()],
  ["find", (view) => view.find({ allTags: ["t"] })],
  ["meta", (view) => view.meta("k")],
  ["set", (view) => view.set("k", 1)],
  ["set of text", (view) => view.set("k", "text")],
  ["set with options", (view) => view.set("k", 1, { ttl: "5m", tags: ["t"] })],
  ["setMany", (view) => view.setMany([["k", 1]])],
  ["delete", (view) => view.delete("k")],
  ["clear", (view) => view.clear()],
  ["watch", (view) => view.watch(() => undefined)],
  ["scope", (view) => view.scope("s")],
  ["reader", (view) => view.reader()],
  ["clone", (view) => view.clone()],
  ["stats", (view) => view.stats()],
];

/** Where in the engine a call breaks. */
const places: readonly [string, "peek" | "set", (store: Store) => unknown][] = [
  ["a read", "peek", (store) => store.has("k")],
  ["a write", "set", (store) => store.set("k", 1)],
];

describe.each(places)("an engine that breaks in %s", (_, method, breaks) => {
  it("fails that call, and every later one of every store, hot reads too", () => {
    const { store, clock } = timedStore();
    const other = createStore();
    store.set("k", { a: 1 }, { ttl: 5 });
    other.set("k", { a: 1 });
    const scope = other.scope("s");
    const views = [store, other, scope, other.clone()];
    for (const view of views) view.getMany(["k", "k"]);
    const trap = new WebAssembly.RuntimeError("unreachable");
    vi.spyOn(runningEngine().RawStore.prototype, method as "peek").mockImplementation(() => {
      throw trap;
    });
    const failure = expectError(() => breaks(store), "ENGINE_FAILED");
    expect(failure.cause).toBe(trap);
    vi.restoreAllMocks();
    for (const view of views) for (const [, call] of calls) expect(expectError(() => call(view), "ENGINE_FAILED")).toBe(failure);
    clock.advance(10);
    for (const view of views) view.dispose();
    expectError(() => store.get("k"), "CLOSED");
  });

  it("leaves the next store in peace, which starts empty on an engine of its own", () => {
    const failed = createStore();
    failed.set("k", "of the failed engine");
    const engine = runningEngine();
    vi.spyOn(engine.RawStore.prototype, method as "peek").mockImplementation(() => {
      throw new RangeError("Maximum call stack size exceeded");
    });
    expectError(() => breaks(failed), "ENGINE_FAILED");
    const next = createStore();
    expect(runningEngine()).not.toBe(engine);
    for (const [, call] of calls) expect(() => call(next)).not.toThrow();
    next.set("k", "of the next engine");
    expect([next.get("k"), next.clone().get("k"), [...next.keys()]]).toEqual(["of the next engine", "of the next engine", ["k"]]);
    expectError(() => failed.get("k"), "ENGINE_FAILED");
    failed.dispose();
    expect(next.get("k")).toBe("of the next engine");
  });
});
