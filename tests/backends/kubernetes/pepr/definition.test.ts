/**
 * Pepr's controller defines the resource and starts the module in the same moment, some seconds before a new cluster knows the kind: a store of the module waits
 * for that, says so where it does not come, and needs no restart, whenever it comes.
 */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../../ts/index.js";
import { type PeprOnKubernetesOptions, type PeprStore, peprStore } from "../../../../ts/pepr/kubernetes.js";
import { type KubernetesServer, startKubernetes } from "../../../servers/kubernetes.js";
import { define, grantRights, makeNamespace, namespace, undefine } from "./cluster.js";
import { Resource } from "./support.js";

/** A server of its own: all others know the kind. */
let server: KubernetesServer;
beforeAll(async () => {
  server = await startKubernetes();
  await makeNamespace(server);
  await grantRights(server);
});
afterAll(() => server.stop());

/** What is said of a kind that is not defined. */
const advice = expect.objectContaining({
  code: "NOT_SUPPORTED",
  message: expect.stringMatching(/does not know peprstores.*npx pepr deploy/),
});

const patience = { timeout: 40_000 };

/** The options of a face on a resource, and what `onError` hears, and after how long. */
function faceOptions(resource: Resource) {
  const errors: unknown[] = [];
  const spans: number[] = [];
  const began = performance.now();
  const onError = (error: unknown) => {
    errors.push(error);
    spans.push(performance.now() - began);
  };
  const kubernetes = { kubeConfig: server.kubeconfig("holdall", { namespace }) };
  const options = { uuid: resource.uuid, capability: "hello", kubernetes, onError };
  return { errors, spans, options: options satisfies PeprOnKubernetesOptions };
}

/** What is closed with the test. */
function closed<Closing extends { close(): Promise<void> }>(closing: Closing): Closing {
  onTestFinished(() => closing.close().catch(() => {}));
  return closing;
}

test("a store waits until the cluster knows Pepr's resource, tells who waits why, and onError where it does not come soon", {
  timeout: 120_000,
}, async () => {
  await undefine(server);
  const resource = new Resource("store", server);
  const { errors, spans, options } = faceOptions(resource);
  const store = closed<PeprStore>(peprStore(options));
  const strict = faceOptions(resource);
  const strictStore = closed(peprStore({ ...strict.options, compat: "strict" }));
  store.setItem("early", "1");
  await expect(store.setItemAndWait("impatient", "1", { timeout: 10_000 })).rejects.toMatchObject({ code: "TIMEOUT", cause: advice });
  await expect.poll(() => [errors, strict.errors], patience).toEqual([[advice], [advice]]);
  // So long it may be on its way.
  for (const span of [...spans, ...strict.spans]) expect(span).toBeGreaterThan(10_000);
  const waiting = store.setItemAndWait("patient", "1", { timeout: 60_000 });
  const ready = new Promise((resolve) => strictStore.onReady(resolve));

  await define(server);
  expect(await waiting).toBe("ok");
  await store.ready();
  expect(await resource.data()).toEqual({ "hello-v2-early": "1", "hello-v2-impatient": "1", "hello-v2-patient": "1" });
  await ready;
  expect(strictStore.getItem("patient")).toBe("1");
  expect([errors, strict.errors]).toEqual([[advice], [advice]]);
});

test("a resource that is defined soon is nobody's trouble", { timeout: 60_000 }, async () => {
  await undefine(server);
  const resource = new Resource("store", server);
  const { spans, options } = faceOptions(resource);
  const store = closed<PeprStore>(peprStore(options));
  const causeOfDelay = () => store.setItemAndWait("x", "1", { timeout: 50 }).catch(({ cause }) => cause);
  await expect.poll(causeOfDelay, patience).toEqual(advice);
  await define(server);
  expect(await store.setItemAndWait("x", "2", { timeout: 30_000 })).toBe("ok");
  expect([await resource.data(), spans.filter((span) => span < 10_000)]).toEqual([{ "hello-v2-x": "2" }, []]);
});

test("openStore tells at once that the kind is not defined", { timeout: 60_000 }, async () => {
  await undefine(server);
  const resource = new Resource("store", server);
  await expect(openStore({ backend: resource.backend(), name: "hello" })).rejects.toEqual(advice);
});

test("a definition that is removed in mid-life takes the items with it; with the next one the store goes on", {
  timeout: 120_000,
}, async () => {
  await define(server);
  const resource = new Resource("store", server);
  const { errors, options } = faceOptions(resource);
  const store = closed<PeprStore>(peprStore(options));
  await store.setItemAndWait("x", "1", { timeout: 30_000 });

  await undefine(server);
  await expect.poll(() => errors, patience).toEqual([advice]);
  await expect(store.setItemAndWait("y", "1")).rejects.toMatchObject({ code: "NOT_SUPPORTED", key: "y" });

  await define(server);
  await expect.poll(() => store.setItemAndWait("y", "2").catch(() => undefined), patience).toBe("ok");
  expect(await resource.data()).toEqual({ "hello-v2-y": "2" });
  await expect.poll(() => store.keys(), patience).toEqual(["y"]);
});
