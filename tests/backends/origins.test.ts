/** A page of an origin that is not secure, by plain HTTP and not of this machine, has no `crypto.randomUUID`; stores open there all the same. */
import { afterEach, expect, test, vi } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { openStore } from "../../ts/index.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

// Opening a store there rejected with a TypeError.
test("a store opens where there is no crypto.randomUUID", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const store = await openStore({ backend: memory() });
  await store.setAndWait("a", 1);
  expect(store.get("a")).toBe(1);
  await store.close();
});
