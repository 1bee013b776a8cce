/** A server that puts requests off (`429`) is asked again when it says, and nobody hears of it. */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
import { type KubernetesServer, startKubernetes } from "../../servers/kubernetes.js";
import { backendIn, makeNamespace, open, pathOf, put } from "./support.js";

let server: KubernetesServer;
beforeAll(async () => {
  server = await startKubernetes({ flags: ["--enable-priority-and-fairness=false", "--max-requests-inflight=1"] });
  await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
});
afterAll(() => server.stop());

/** The status of each answer to a request for a path, as they come. */
function answersFor(path: string): (number | undefined)[] {
  const heard: (number | undefined)[] = [];
  const hear = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    if (request.path.startsWith(path)) heard.push(response.statusCode);
  };
  subscribe("http.client.response.finish", hear);
  onTestFinished(() => void unsubscribe("http.client.response.finish", hear));
  return heard;
}

test("while it is busy with another", async () => {
  const namespace = await makeNamespace(server);
  const [one, other] = [await open(backendIn(server, namespace)), await open(backendIn(server, namespace))];
  await one.commit([put("key", "1")]);
  const answers = answersFor(pathOf(namespace, "orders"));
  // It takes one request at a time, and the one that it takes waits for etcd.
  server.etcd.pause();
  const heads = [one.store.head(), other.store.head()];
  await vi.waitUntil(() => answers.includes(429), { timeout: 60_000, interval: 5 });
  server.etcd.resume();
  expect((await Promise.all(heads)).map(({ number }) => number)).toEqual([1, 1]);
  expect(answers.filter((status) => status === 200)).toHaveLength(2);
});
