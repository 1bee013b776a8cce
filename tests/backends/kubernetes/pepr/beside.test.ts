/**
 * A module with Pepr's own store and stores of ours run on one resource at the same time, and each sees what the other writes: a cluster can be moved one
 * replica at a time. And ours in the place of Pepr's, within a real module.
 */
import { afterAll, describe, test } from "vitest";
import { type PeprStore, peprStore } from "../../../../ts/pepr/kubernetes.js";
import { capabilityNamed, startModule } from "./module.js";
import { kubeConfig, Resource } from "./support.js";

const opened: PeprStore[] = [];
afterAll(() => Promise.all(opened.map((store) => store.close())));

/** Ours on a resource, as the user who has the manifest's rights. Its waits bear with a busy server. */
function ours(resource: Resource, capability: string): PeprStore {
  const store = peprStore({
    kubernetes: { kubeConfig: kubeConfig() },
    uuid: resource.uuid,
    resource: resource.kind,
    capability,
    timeout: 60_000,
  });
  opened.push(store);
  return store;
}

test.concurrent("a module with Pepr's own store and ours see each other's writes, whoever made the resource", async ({ expect }) => {
  const resource = new Resource();
  const capability = capabilityNamed("hello");
  const early = ours(resource, "hello");
  early.setItem("from us, early", "1");
  await startModule(resource, [capability]);
  await expect.poll(() => capability.Store.getItem("from us, early")).toBe("1");

  const told: unknown[] = [];
  early.subscribe((data) => told.push(data));
  await capability.Store.setItemAndWait("from Pepr", "1");
  expect(early.getItem("from Pepr")).toBe("1");
  await early.setItemAndWait("from us", "2");
  await expect.poll(() => capability.Store.getItem("from us")).toBe("2");

  // Pepr's patches replace the label, and fail where it is missing; ours keep it.
  await early.removeItemAndWait("from Pepr");
  await expect.poll(() => capability.Store.getItem("from Pepr")).toBe(null);
  await capability.Store.removeItemAndWait("from us");
  expect([early.getItem("from us"), early.keys()]).toEqual([null, ["from us, early"]]);
  expect(told).toEqual([
    { "from us, early": "1", "from Pepr": "1" },
    { "from us, early": "1", "from Pepr": "1", "from us": "2" },
    { "from us, early": "1", "from us": "2" },
    { "from us, early": "1" },
  ]);
  expect(await resource.data()).toEqual({ "hello-v2-from us, early": "1" });
});

test.concurrent("both write different keys at once for a while, and nothing is lost", async ({ expect }) => {
  const resource = new Resource();
  const capability = capabilityNamed("busy");
  await startModule(resource, [capability]);
  const store = ours(resource, "busy");
  await store.ready();
  const theirs = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`theirs:${at}`, String(at)]));
  const mine: Record<string, string> = {};
  for (const [key, value] of Object.entries(theirs)) capability.Store.setItem(key, value);
  // Pepr sends four seconds later: ours go on until all of Pepr's are there.
  while (Object.keys(theirs).some((key) => !store.has(key))) {
    const key = `ours:${Object.keys(mine).length % 100}`;
    mine[key] = String(Object.keys(mine).length + Math.random());
    await store.setItemAndWait(key, mine[key]);
  }
  const all = { ...mine, ...theirs };
  expect(Object.fromEntries(store.keys().map((key) => [key, store.getItem(key)]))).toEqual(all);
  expect(await resource.data()).toEqual(Object.fromEntries(Object.entries(all).map(([key, value]) => [`busy-v2-${key}`, value])));
  await expect.poll(() => Object.keys(all).filter((key) => capability.Store.getItem(key) !== all[key])).toEqual([]);
});

test.concurrent("what Pepr keeps of schedules is in a resource of its own, which ours reads and writes too", async ({ expect }) => {
  const resource = new Resource("schedule");
  const capability = capabilityNamed("clockwork");
  // Pepr uses the second resource for capabilities that have a schedule.
  capability.hasSchedule = true;
  const store = ours(resource, "clockwork");
  await startModule(resource, [capability]);
  await capability.ScheduleStore.setItemAndWait("hourly", '{"completions":3}');
  await expect.poll(() => store.getItem("hourly")).toBe('{"completions":3}');
  await store.setItemAndWait("hourly", '{"completions":2}');
  await expect.poll(() => capability.ScheduleStore.getItem("hourly")).toBe('{"completions":2}');
});

describe.concurrent("capability.Store = ours within a real module", () => {
  /** A module whose capability has ours. */
  async function withOurs() {
    const resource = new Resource();
    const capability = capabilityNamed("hello-store");
    const store = ours(resource, "hello-store");
    capability.Store = store;
    await startModule(resource, [capability]);
    return { resource, store, Store: capability.Store };
  }

  test("async: set, wait until it is seen, remove, wait until it is gone", async ({ expect }) => {
    const { resource, Store } = await withOurs();
    Store.setItem("https://async", "yep");
    await expect.poll(() => Store.getItem("https://async")).toBe("yep");
    await expect.poll(() => resource.data()).toEqual({ "hello-store-v2-https://async": "yep" });
    Store.removeItem("https://async");
    await expect.poll(() => Store.getItem("https://async")).toBe(null);
    await expect.poll(() => resource.data()).toEqual({});
  });

  test("sync: setItemAndWait, read, removeItemAndWait", async ({ expect }) => {
    const { resource, Store } = await withOurs();
    await expect(Store.setItemAndWait("https://sync", "yep")).resolves.toBe("ok");
    expect([Store.getItem("https://sync"), await resource.data()]).toEqual(["yep", { "hello-store-v2-https://sync": "yep" }]);
    await expect(Store.removeItemAndWait("https://sync")).resolves.toBe("ok");
    expect([Store.getItem("https://sync"), await resource.data()]).toEqual([null, {}]);
  });

  test("observe: a subscriber sees four writes", async ({ expect }) => {
    const { Store } = await withOurs();
    const updates: unknown[] = [];
    const unsubscribe = Store.subscribe((data) => updates.push(data));
    Store.setItem("a", "1");
    Store.setItem("b", "2");
    Store.setItem("c", "3");
    await Store.setItemAndWait("https://observed", "yay");
    unsubscribe();
    Store.setItem("later", "unseen");
    expect(updates).toEqual([
      { a: "1" },
      { a: "1", b: "2" },
      { a: "1", b: "2", c: "3" },
      { a: "1", b: "2", c: "3", "https://observed": "yay" },
    ]);
  });

  test("onReady: writes, waits and clears within the callback; clear() in an empty store is no error", async ({ expect }) => {
    const resource = new Resource();
    await resource.make({ "hello-store-v2-old": "1", "other-v2-old": "2" });
    const capability = capabilityNamed("hello-store");
    const store = ours(resource, "hello-store");
    capability.Store = store;
    const { Store } = capability;
    const seen: unknown[] = [];
    Store.onReady(async (data) => {
      seen.push(data);
      Store.clear();
      await Store.setItemAndWait("https://onReady", "yep");
      seen.push(Store.getItem("https://onReady"));
      Store.clear();
      await expect.poll(() => Store.getItem("https://onReady")).toBe(null);
      Store.clear();
      seen.push("gone");
    });
    await startModule(resource, [capability]);
    await store.ready();
    await store.flush();
    expect(seen).toEqual([{ old: "1" }, "yep", "gone"]);
    expect(await resource.data()).toEqual({ "other-v2-old": "2" });
  });
});
