/** What the backend has to pass, by Node's own test runner: all of `backendSuite`, and a store that is opened on it twice. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "holdall";
import { type BackendSuiteOptions, backendSuite, storeSuite } from "holdall/testing";
import { MapMedium, mapBackend, mapCapabilities } from "./map.js";

const options: BackendSuiteOptions = {
  capabilities: mapCapabilities,
  // What the suite may ask of `connect`, so that no promise is left out.
  abilities: { clock: true, logCommits: true, formats: true, replace: true },
  create(clock) {
    const medium = new MapMedium();
    return {
      connect: ({ logCommits, formats }) => mapBackend(medium, { clock, log: logCommits ? { commits: logCommits } : {} }, formats),
      // That another has removed the store will do.
      replace: async (name) => void (await mapBackend(medium).remove({ name })),
    };
  },
};

for (const { name, run } of backendSuite(options)) test(name, run);
for (const { name, run } of storeSuite({ ...options, openStore, view: "store" })) test(`a store: ${name}`, run);

test("what one store commits, another on the same place has", async () => {
  const medium = new MapMedium();
  const store = await openStore({ backend: mapBackend(medium), name: "orders" });
  await store.setAndWait("17", { state: "paid", at: new Date(5) }, { tags: ["new"] });
  await store.close();
  const again = await openStore({ backend: mapBackend(medium), name: "orders" });
  equal(again.get<{ at: Date }>("17")?.at.getTime(), 5);
  await again.close();
});
