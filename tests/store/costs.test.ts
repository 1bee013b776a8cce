/** Promises on what calls cost, counted in calls into the engine: unheard writes tell nothing, and listings are freed however they end. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createStore } from "../../ts/index.js";
import { fill, runningEngine } from "./support.js";

const { RawListing, RawStore } = runningEngine();

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a listener", () => {
  it("on one key costs nothing to writes of others: nothing is noted for it and nothing drained", () => {
    const store = createStore();
    const heard: string[] = [];
    store.watch("k", ({ key }) => heard.push(key));
    store.watch({ prefix: "p:" }, ({ key }) => heard.push(key));
    const drain = vi.spyOn(RawStore.prototype, "drain");
    for (let index = 0; index < 100; index++) {
      store.set(`other${index}`, index);
      store.delete(`other${index}`);
    }
    expect(drain).not.toHaveBeenCalled();
    store.set("k", 1);
    store.set("p:1", 1);
    expect([drain.mock.calls.length, heard]).toEqual([2, ["k", "p:1"]]);
  });

  it("costs nothing any more once it has ended", () => {
    const store = createStore();
    for (const end of [store.watch("k", () => undefined), store.watch(() => undefined), store.subscribe(() => undefined)]) end();
    const drain = vi.spyOn(RawStore.prototype, "drain");
    store.set("k", 1);
    store.delete("k");
    expect(drain).not.toHaveBeenCalled();
  });
});

describe("a listing", () => {
  it.each<[string, (keys: IterableIterator<string>) => unknown]>([
    ["is read to its end", (keys) => [...keys]],
    ["is left early", (keys) => keys.next() && keys.return?.()],
    ["is left before its start", (keys) => keys.return?.()],
    [
      "breaks off in a loop",
      (keys) => {
        for (const key of keys) if (key === "a") break;
      },
    ],
    [
      "breaks off by an error",
      (keys) => {
        try {
          for (const _ of keys) throw new Error("mine");
        } catch {}
      },
    ],
  ])("is freed once where it %s", (_, use) => {
    const store = createStore();
    // More than a first batch, which comes without anything to free.
    fill(store, "a", ...Array.from({ length: 200 }, (_, index) => `k${index}`));
    const free = vi.spyOn(RawListing.prototype, "free");
    use(store.keys());
    expect(free).toHaveBeenCalledTimes(1);
    use(store.findBySchema("string"));
    expect(free).toHaveBeenCalledTimes(2);
  });

  it("of a few entries, or with a small limit, is one call and nothing to free", () => {
    const store = createStore();
    store.setMany(Array.from({ length: 1_000 }, (_, index): [string, number] => [`k${index}`, index]));
    fill(store.scope("few"), "a", "b");
    const calls = [vi.spyOn(RawListing.prototype, "next"), vi.spyOn(RawListing.prototype, "free")];
    expect([...store.scope("few").keys()]).toEqual(["a", "b"]);
    expect([...store.keys({ limit: 100 })].length).toBe(100);
    expect([...store.find({ prefix: "none" })]).toEqual([]);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
  });

  it("fetches in batches: a thousand entries take few calls", () => {
    const store = createStore();
    store.setMany(Array.from({ length: 1_000 }, (_, index): [string, number] => [`k${index}`, index]));
    const next = vi.spyOn(RawListing.prototype, "next");
    expect([...store.entries()].length).toBe(1_000);
    expect(next.mock.calls.length).toBeLessThan(6);
  });
});
