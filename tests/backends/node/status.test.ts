/** Contract 11: `status` tells whether the backend can be reached, what waits, what is known and not here, and what was tried again. */
import { afterEach, expect, test, vi } from "vitest";
import { LocalBackend } from "../../../ts/backends/local/backend.js";
import { memory, memoryCapabilities } from "../../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../../ts/backends/memory/medium.js";
import { type BackedStore, openStore } from "../../../ts/index.js";
import { put, Replica } from "../../../ts/testing/suites/backend/trial.js";
import { Gate } from "./gate.js";

const stores: BackedStore[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

async function opened() {
  const backend = memory();
  const gate = new Gate(backend);
  const store = await openStore({ backend: gate, name: "s" });
  stores.push(store);
  return { backend, gate, store };
}

test("a backend that fails for a while degrades the store; when it is back, what waited is there and the store is ready", async () => {
  const { gate, store } = await opened();
  expect(store.status).toMatchObject({ state: "ready", retries: 0, lastError: undefined });
  gate.isReachable = false;
  store.set("a", "1");
  await gate.wasTried();
  await expect.poll(() => store.status).toMatchObject({ state: "degraded", lastError: { code: "UNAVAILABLE" } });
  expect(store.status.backlog).toBeGreaterThan(0);
  await gate.wasTried();
  await expect.poll(() => store.status.retries).toBeGreaterThan(1);
  // Everything goes on locally.
  expect([store.get("a"), store.meta("a")?.pending]).toEqual(["1", true]);
  gate.isReachable = true;
  await store.flush();
  expect(store.status).toMatchObject({ state: "ready", backlog: 0, lag: 0, lastError: { code: "UNAVAILABLE" } });
});

test("commits that the backend is known to have and that are not here yet are the lag", async () => {
  const { backend, gate, store } = await opened();
  const other = new Replica(await backend.open({ name: "s", scope: "", replica: "other" }), "other");
  gate.isTelling = false;
  for (const text of ["1", "2", "3"]) await other.committed([put("a", text)]);
  const applied = store.status.cursor;
  void store.sync().catch(() => {});
  await expect.poll(() => store.status.lag).toBe(3);
  expect([store.status.cursor, store.get("a")]).toEqual([applied, undefined]);
});

// It was passed over, and nothing told of that once the next one had come.
test("a commit that cannot be taken in is loaded, and none is passed over", async () => {
  const behind = memory();
  const gate = new Gate(behind);
  const onError = vi.fn();
  const store = await openStore({ backend: gate, name: "s", onError });
  stores.push(store);
  const other = new Replica(await behind.open({ name: "s", scope: "", replica: "other" }), "other");
  gate.isSpoiling = true;
  await other.committed([put("a", "1")]);
  await vi.waitFor(() => expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "CORRUPTED" })));
  await other.committed([put("b", "2")]);
  await store.sync();
  expect([...store.entries()]).toEqual([
    ["a", "1"],
    ["b", "2"],
  ]);
  expect(store.status).toMatchObject({ state: "ready", lastError: { code: "CORRUPTED" } });
});

test.each([[true], [false], [undefined]])("whether the platform keeps the data is told where it says so: %s", async (persisted) => {
  const medium = Object.defineProperty(new MemoryMedium(), "persisted", { value: persisted });
  const store = await openStore({ backend: new LocalBackend("memory", memoryCapabilities, async () => medium) });
  stores.push(store);
  expect(store.status.persisted).toBe(persisted);
  expect("persisted" in store.status).toBe(persisted !== undefined);
});
