import { test } from "vitest";
import { createStore } from "/work/main/ts/index.js";
test("hot", () => {
  const store = createStore();
  const keys = Array.from({ length: 1000 }, (_, i) => `key${i}`);
  for (const k of keys) { store.set(k, k); store.get(k); }
  let best = 1e9; let n = 0;
  for (let r = 0; r < 30; r++) {
    const t = performance.now();
    for (let i = 0; i < 300; i++) for (const k of keys) n += (store.get(k) as string).length;
    best = Math.min(best, performance.now() - t);
  }
  console.log("hot ns", (best / 300_000) * 1e6, n);
});
