/**
 * The promise that memory comes back: ten thousand stores and watchers that are made, cloned and disposed of, and as many that are only
 * dropped, leave nothing behind, in the engine (which has 32 MiB here, and would soon be full) or in JavaScript's heap.
 */
import { readFile } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, describe as promise, test } from "vitest";
import type { Store } from "../../../ts/index.js";
import { storeFactory } from "../../../ts/store/factory.js";
import { withMemory } from "./memory.support.js";

const engine = withMemory(await readFile("pkg/holdall_bg.wasm"), 32 * 2 ** 20);
const createStore = storeFactory(() => engine);

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Each makes three stores. */
const rounds = 3_400;
/** Of one store. */
const watchers = 10_000;
/** What ten thousand of the smallest objects would take. */
const noise = 4 * 2 ** 20;
const long = "x".repeat(2_000);

/** Collects what nobody holds, finalizers included. */
async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    gc();
    await turn();
  }
}

async function heapInUse(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

/** A store that does what stores do, and its clones. */
function makeStores(round: number): Store[] {
  const store = createStore({ onEvict: () => undefined });
  store.set("long", `${round}${long}`);
  const scope = store.scope("s");
  scope.watch(() => undefined);
  store.watch("k", () => undefined);
  store.watch({ tag: "t" }, () => undefined);
  store.subscribe(() => undefined);
  store.changes();
  store.waitFor("never").catch(() => undefined);
  store.use({ write: (writes, next) => next(writes) });
  scope.setMany([
    ["k", { a: round }],
    ["l", long],
  ]);
  scope.get("k");
  // Left in the middle.
  store.entries().next();
  store.transaction((tx) => tx.set("k", 1));
  const clones = [store.clone(), scope.clone()];
  for (const clone of clones) clone.set("k", 2);
  return [store, ...clones];
}

promise("ten thousand stores, their watchers and their clones", () => {
  test("leave nothing behind when they are disposed of", { timeout: 300_000 }, async () => {
    for (const store of makeStores(0)) store.dispose();
    const before = await heapInUse();
    for (let round = 0; round < rounds; round++) {
      for (const store of makeStores(round)) store.dispose();
      // Promises that were rejected are told so.
      if (round % 100 === 0) await turn();
    }
    expect((await heapInUse()) - before).toBeLessThan(noise);
  });

  test("leave nothing behind when they are dropped", { timeout: 300_000 }, async () => {
    makeStores(0);
    const before = await heapInUse();
    for (let round = 0; round < rounds; round++) {
      makeStores(round);
      if (round % 200 > 0) continue;
      gc();
      await turn();
    }
    expect((await heapInUse()) - before).toBeLessThan(noise);
  });
});

promise(`${watchers} watchers of one store`, () => {
  test("leave nothing behind when they have unsubscribed", async () => {
    const store = createStore();
    const listen = (at: number) => {
      const key = `k${at}`;
      const listeners = [
        store.watch(key, () => undefined),
        store.watch({ prefix: key }, () => undefined),
        store.scope(key).watch(() => undefined),
        store.subscribe(() => undefined),
      ];
      store.set("k", at);
      for (const unsubscribe of listeners) unsubscribe();
    };
    listen(0);
    const before = await heapInUse();
    for (let at = 0; at < watchers; at++) listen(at);
    expect((await heapInUse()) - before).toBeLessThan(noise);
    store.dispose();
  });
});
