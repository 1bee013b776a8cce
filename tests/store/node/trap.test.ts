/** Promises of contract 15 on real traps, on an engine that has a call which traps while its store is borrowed. */
import { readFile } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createGlue, type RawStore } from "../../../pkg/holdall.js";
import type { Store } from "../../../ts/index.js";
import { storeFactory } from "../../../ts/store/factory.js";
import { coreOf, type StoreView } from "../../../ts/store/view.js";
import { manualClock } from "../../../ts/testing/index.js";
import { expectError } from "../support.js";

vi.mock("../../../pkg/holdall.js", () => import("../../../target/holdall/trap/holdall.js" as string));

const bytes = await readFile("target/holdall/trap/holdall_bg.wasm");
const createStore = storeFactory(() => bytes);

/** Traps in the middle of a change of a store. */
function trap(store: Store): never {
  return (coreOf(store as unknown as StoreView).raw as RawStore & { trap(): never }).trap();
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a trap", () => {
  it("fails every store of its engine, listings and timers too, and disposing of them is quiet", () => {
    const clock = manualClock(1_000);
    const [store, other] = [createStore({ clock }), createStore({ clock })];
    const views = [store, other, store.scope("s"), other.clone()];
    for (const view of views) {
      view.set("k", { a: 1 }, { ttl: 5 });
      view.setMany(Array.from({ length: 100 }, (_, index): [string, number] => [`n${index}`, index]));
      view.get("k");
    }
    const heard: unknown[] = [];
    other.watch((change) => heard.push(change));
    const listing = other.keys();
    listing.next();
    const failure = expectError(() => trap(store), "ENGINE_FAILED");
    expect(failure.cause).toBeInstanceOf(WebAssembly.RuntimeError);
    for (const view of views) {
      for (const call of [() => view.get("k"), () => view.set("k", 1), () => view.size, () => view.clear(), () => view.clone()]) {
        expect(expectError(call, "ENGINE_FAILED")).toBe(failure);
      }
    }
    expectError(() => [...listing], "ENGINE_FAILED");
    listing.return?.();
    clock.advance(10);
    for (const view of views) view.dispose();
    expect(heard).toEqual([]);
  });

  it("in a listener is the listener's error, and fails the rest", () => {
    const told: unknown[] = [];
    const store = createStore({ onError: (error) => told.push(error) });
    store.watch(() => trap(store));
    store.set("k", 1);
    expect(told).toEqual([expect.objectContaining({ code: "ENGINE_FAILED" })]);
    expectError(() => store.get("k"), "ENGINE_FAILED");
  });

  it("is got over by the next store, again and again, without compiling the engine again", () => {
    const modules = vi.spyOn(WebAssembly, "Module");
    for (let round = 0; round < 5; round++) {
      const store = createStore();
      store.set("k", round);
      expect([store.get("k"), store.size]).toEqual([round, 1]);
      expectError(() => trap(store), "ENGINE_FAILED");
    }
    expect(modules).not.toHaveBeenCalled();
    expect(createStore().size).toBe(0);
  });
});

describe("an instance that has been stopped", () => {
  it("is not touched any more: not by frees, not by finalizers; and other calls are refused", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    let calls = 0;
    const counting = (exports: WebAssembly.Exports) => {
      const counted =
        (call: CallableFunction) =>
        (...args: unknown[]) => {
          calls += 1;
          return call(...args);
        };
      return Object.fromEntries(Object.entries(exports).map(([name, item]) => [name, typeof item === "function" ? counted(item) : item]));
    };
    const glue = createGlue(new WebAssembly.Module(bytes), counting);
    const create = () => glue.RawStore.create(1, 0, undefined, undefined, false) as RawStore;
    const held = create();
    for (let index = 0; index < 100; index++) create();
    const dropped = calls;
    collect();
    for (let index = 0; index < 5; index++) await turn();
    // Finalizers of this instance do run, or what follows would show nothing.
    expect(calls).toBeGreaterThanOrEqual(dropped + 90);
    for (let index = 0; index < 100; index++) create();
    glue.stop(() => {
      throw new Error("it has stopped");
    });
    const stopped = calls;
    held.free();
    collect();
    for (let index = 0; index < 5; index++) await turn();
    expect(() => create()).toThrow("it has stopped");
    expect(calls).toBe(stopped);
  });
});
