/** A server that puts requests off (`429`) is asked again when it says, and nobody hears of it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
import { type KubernetesServer, startKubernetes } from "../../servers/kubernetes.js";
import { backendIn, makeNamespace, open, put } from "./support.js";

let server: KubernetesServer;
beforeAll(async () => {
  server = await startKubernetes({ flags: ["--enable-priority-and-fairness=false", "--max-requests-inflight=1"] });
  await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
}, 120_000);
afterAll(() => server.stop());

const pause = () => new Promise((resolve) => setTimeout(resolve, 200));

/** How many requests the server has put off. */
async function putOff(): Promise<number> {
  const { body } = await server.request("GET", "/metrics");
  const counts = String(body).matchAll(/^apiserver_request_total\{.*code="429".*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

test("while it is busy with another", async () => {
  const namespace = await makeNamespace(server);
  const [one, other] = [await open(backendIn(server, namespace)), await open(backendIn(server, namespace))];
  await one.commit([put("key", "1")]);
  const before = await putOff();
  // It takes one request at a time, and this one waits for etcd.
  server.etcd.pause();
  const busy = one.store.head();
  await pause();
  const patient = other.store.head();
  await pause();
  server.etcd.resume();
  expect([(await busy).number, (await patient).number]).toEqual([1, 1]);
  expect(await putOff()).toBeGreaterThan(before);
});
