/**
 * `compat: "strict"` on Pepr's resource: bit for bit what Pepr's own store shows and does there, quirks included, and yet a wait that resolves has made its write
 * durable. Beside a real module of Pepr's where the two can be compared.
 */
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../../ts/index.js";
import { type PeprOnKubernetesOptions, peprStore, type StrictPeprStore } from "../../../../ts/pepr/kubernetes.js";
import { manualClock } from "../../../../ts/testing/index.js";
import { startProxy } from "../../../servers/proxy.js";
import { capabilityNamed, startModule } from "./module.js";
import { kubeConfig, Resource, server } from "./support.js";

/** A strict store on a resource, as the user who has the manifest's rights, and what `onError` hears. */
function strictOn(resource: Resource, options: Partial<Omit<PeprOnKubernetesOptions, "compat">> = {}) {
  const errors: { readonly code?: string }[] = [];
  const store = peprStore({
    kubernetes: { kubeConfig: kubeConfig() },
    uuid: resource.uuid,
    capability: "hello",
    onError: (error) => errors.push(error as { code?: string }),
    ...options,
    compat: "strict",
  });
  onTestFinished(() => store.close().catch(() => {}));
  return { store, errors };
}

/** Resolves with the first content. */
const first = (store: StrictPeprStore) => new Promise<Record<string, string>>((resolve) => store.onReady(resolve));

describe("what is read", () => {
  test("is what the resource holds: nothing before it was read, and no write before it is there", async () => {
    const resource = new Resource();
    await resource.make({ "hello-v2-old": "1", "hello-v2-empty": "", "other-v2-old": "2" });
    const { store } = strictOn(resource);
    expect(store.getItem("old")).toBe(null);
    store.setItem("early", "1");
    const told: unknown[] = [];
    store.subscribe((data) => told.push(data));
    expect(await first(store)).toEqual({ "v2-old": "1", "v2-empty": "" });
    expect([store.getItem("old"), store.getItem("early")]).toEqual(["1", null]);
    await expect.poll(() => store.getItem("early")).toBe("1");
    const wait = store.setItemAndWait("late", "1");
    expect(store.getItem("late")).toBe(null);
    expect(await wait).toBe("ok");
    expect([store.getItem("late"), (await resource.data())["hello-v2-late"]]).toEqual(["1", "1"]);
    // Each content is a whole one, and none of them shows what the resource never was.
    expect(told.at(0)).toEqual({ "v2-old": "1", "v2-empty": "" });
    expect(told.at(-1)).toEqual({ "v2-old": "1", "v2-empty": "", "v2-early": "1", "v2-late": "1" });
  });

  test("has no empty texts, though snapshots do, and keys in snapshots as they are stored", async () => {
    const resource = new Resource();
    const { store } = strictOn(resource);
    await store.setItemAndWait("empty", "");
    const content = new Promise((resolve) => store.subscribe(resolve));
    await store.setItemAndWait("https://a.b/c~d", "1");
    expect([store.getItem("empty"), store.getItem("https://a.b/c~d")]).toEqual([null, "1"]);
    expect(await content).toEqual({ "v2-empty": "", "v2-https://a.b/c~d": "1" });
    expect(await resource.data()).toEqual({ "hello-v2-empty": "", "hello-v2-https://a.b/c~d": "1" });
  });

  test("callbacks of onReady that come late never run", async () => {
    const { store } = strictOn(new Resource());
    await first(store);
    let runs = 0;
    store.onReady(() => runs++);
    await store.setItemAndWait("a", "1");
    expect(runs).toBe(0);
  });
});

describe("a wait", () => {
  test("ends when the write is durable, or the removal, and not when it is only on its way", async () => {
    const resource = new Resource();
    const proxy = await startProxy(server.port);
    onTestFinished(() => proxy.stop());
    const { store } = strictOn(resource, { kubernetes: { kubeConfig: kubeConfig(proxy.port), timeout: 1_000 } });
    await store.setItemAndWait("a", "1");
    proxy.refuse();
    let hasEnded = false;
    const waits = Promise.all([store.setItemAndWait("b", "1"), store.removeItemAndWait("a")]).then((answers) => {
      hasEnded = true;
      return answers;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([hasEnded, store.getItem("a"), store.getItem("b")]).toEqual([false, "1", null]);
    expect(await resource.data()).toEqual({ "hello-v2-a": "1" });
    proxy.heal();
    expect(await waits).toEqual(["ok", "ok"]);
    expect([store.getItem("a"), store.getItem("b"), await resource.data()]).toEqual([null, "1", { "hello-v2-b": "1" }]);
  });

  test("rejects with a text after fifteen seconds, and ends on what somebody else has written", async () => {
    const resource = new Resource();
    const clock = manualClock(0);
    const { store } = strictOn(resource, { clock });
    await first(store);
    const removal = store.removeItemAndWait("none");
    expect(await removal).toBe("ok");
    store.setItem("theirs", "1");
    await expect.poll(() => store.getItem("theirs")).toBe("1");
    const [refused, other] = [store.setItemAndWait("x".repeat(2_000), "1"), store.setItemAndWait("big", "x".repeat(2 ** 21))];
    const reasons = Promise.allSettled([refused, other]);
    clock.advance(15_000);
    expect((await reasons).map((result) => (result as PromiseRejectedResult).reason)).toEqual([
      `MAX_WAIT_TIME elapsed: Key ${"x".repeat(2_000)} not seen in 15s`,
      "MAX_WAIT_TIME elapsed: Key big not seen in 15s",
    ]);
    // What others set is heard, and is what a wait for it waits for.
    await resource.edit({ "hello-v2-theirs": "2" });
    await expect.poll(() => store.getItem("theirs")).toBe("2");
  });
});

test("what can never be written, and a resource that can never be opened, go to onError, and nothing throws", async () => {
  const { store, errors } = strictOn(new Resource());
  store.setItem("big", "x".repeat(2 ** 21));
  store.setItem("k".repeat(2_000), "1");
  expect(await store.setItemAndWait("good", "1")).toBe("ok");
  expect(errors.map(({ code }) => code).sort()).toEqual(["COMMIT_TOO_LARGE", "INVALID_KEY"]);
  const forbidden = strictOn(new Resource(), { namespace: "default" });
  forbidden.store.setItem("a", "1");
  await expect.poll(() => forbidden.errors.map(({ code }) => code)).toEqual(["FORBIDDEN"]);
  forbidden.store.setItem("b", "1");
  expect(forbidden.store.getItem("a")).toBe(null);
  await forbidden.store.close();
});

test("close waits until all that was written is durable, and then writes throw", async () => {
  const resource = new Resource();
  const { store } = strictOn(resource);
  for (let at = 0; at < 20; at++) store.setItem(`${at}`, "1");
  const closing = store.close();
  expect(() => store.setItem("late", "1")).toThrow(expect.objectContaining({ code: "CLOSED" }));
  await closing;
  await store.close();
  expect(Object.keys(await resource.data())).toHaveLength(20);
  expect(store.getItem("19")).toBe("1");
});

test("close gives up after fifteen seconds where nobody answers, and rejects with a text", async () => {
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  proxy.refuse();
  const clock = manualClock(0);
  const { store } = strictOn(new Resource(), { clock, kubernetes: { kubeConfig: kubeConfig(proxy.port), timeout: 500 } });
  store.setItem("a", "1");
  const closed = store.close().catch((reason: unknown) => reason);
  await proxy.refused();
  clock.advance(15_000);
  expect(await closed).toBe("MAX_WAIT_TIME elapsed: Not every write was durable in 15s");
});

test("shows and tells what a module with Pepr's own store does, on the same resource", async () => {
  const resource = new Resource();
  await resource.make({ "hello-v2-empty": "", "hello-v2-old": "1" });
  const capability = capabilityNamed("hello");
  await startModule(resource, [capability]);
  const { store } = strictOn(resource);
  const told: { readonly theirs: unknown[]; readonly ours: unknown[] } = { theirs: [], ours: [] };
  await expect.poll(() => capability.Store.getItem("old")).toBe("1");
  await first(store);
  capability.Store.subscribe((data) => told.theirs.push(data));
  store.subscribe((data) => told.ours.push(data));
  await capability.Store.setItemAndWait("a/b~c", "1");
  await expect.poll(() => store.getItem("a/b~c")).toBe("1");
  await store.setItemAndWait("mine", "");
  await expect.poll(() => told.theirs.at(-1)).toEqual(told.ours.at(-1));
  for (const key of ["empty", "old", "a/b~c", "mine", "none"])
    expect([key, store.getItem(key)]).toEqual([key, capability.Store.getItem(key)]);
  expect(told.ours.at(-1)).toEqual({ "v2-a/b~c": "1", "v2-empty": "", "v2-mine": "", "v2-old": "1" });
});

test("is not what openStore sees meanwhile: others have no quirks of it", async () => {
  const resource = new Resource();
  const { store } = strictOn(resource);
  await store.setItemAndWait("empty", "");
  const other = await openStore({ backend: resource.backend(), name: "hello" });
  onTestFinished(() => other.close());
  expect([...other.entries()]).toEqual([["empty", ""]]);
});
