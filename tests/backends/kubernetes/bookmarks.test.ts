/**
 * A watch that hears nothing is told by bookmarks how far it is, and goes on from the last of them: also where the last event that it heard has long been forgotten,
 * and the object need not be read.
 */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
import { type KubernetesServer, startKubernetes } from "../../servers/kubernetes.js";
import { follow, makeNamespace, open, put } from "./support.js";

let server: KubernetesServer;
beforeAll(async () => {
  // Without its cache the API server gives bookmarks as etcd does, and depends on what etcd remembers.
  server = await startKubernetes({ flags: ["--watch-cache=false"], etcdFlags: ["--watch-progress-notify-interval=500ms"] });
  await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
}, 120_000);
afterAll(() => server?.stop());

const pause = (span: number) => new Promise((resolve) => setTimeout(resolve, span));

test("a quiet store's watch outlives what etcd has forgotten", async () => {
  const namespace = await makeNamespace(server);
  const backend = new KubernetesBackend({ kubeConfig: server.kubeconfig("holdall", { namespace }) }, { watchSeconds: 4 });
  onTestFinished(() => backend.close());
  const [quiet, busy] = [await open(backend, { name: "quiet" }), await open(backend, { name: "busy" })];
  await quiet.commit([put("key", "1")]);
  const following = follow(quiet, 0);
  await expect.poll(() => following.through).toBe(1);
  for (let number = 1; number <= 3; number++) await busy.commit([put("key", String(number))]);
  const [watches, reads] = [await server.storeRequests("WATCH"), await server.storeRequests("GET")];
  // Time for a bookmark that is later than these.
  await pause(1_500);
  await server.compact();
  // The server ends the watch in its time.
  await expect.poll(() => server.storeRequests("WATCH"), { timeout: 30_000 }).toBeGreaterThan(watches);
  await quiet.commit([put("key", "2")]);
  await expect.poll(() => following.through, { timeout: 10_000 }).toBe(2);
  expect([following.heard.map(({ number }) => number), following.ends]).toEqual([[1, 2], []]);
  expect(await server.storeRequests("GET")).toBe(reads);
});
