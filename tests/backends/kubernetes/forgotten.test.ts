/**
 * What etcd has forgotten, as it does every few minutes: who comes back to it is told what it has missed as a net effect, each key once; and a store that has long
 * been quiet is watched like any other.
 */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
import { openStore } from "../../../ts/index.js";
import { type KubernetesServer, startKubernetes } from "../../servers/kubernetes.js";
import { startProxy } from "../../servers/proxy.js";
import { Mirror } from "./mirror.js";
import { follow, makeNamespace, open, put } from "./support.js";

let server: KubernetesServer;
beforeAll(async () => {
  // Without its cache the API server asks etcd for each watch, which can then have forgotten.
  server = await startKubernetes({ flags: ["--watch-cache=false"] });
  await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
});
afterAll(() => server?.stop());

/** How many commits the log keeps here. */
const logCommits = 10;

test("after more commits than the log has, what changed is told, and what came back to what it was is not", async () => {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  const replica = async (port: number) => {
    const kubeConfig = server.kubeconfig("holdall", { namespace, port });
    const backend = new KubernetesBackend({ kubeConfig }, { log: { commits: logCommits, bytes: 64 * 1024 } });
    const store = await openStore({ backend, name: "orders" });
    onTestFinished(async () => {
      await store.close();
      await backend.close();
    });
    return store;
  };
  const [here, away] = [await replica(server.port), await replica(proxy.port)];
  for (const key of ["stays", "changes", "goes", "returns"]) here.set(key, "before", { tags: ["old"] });
  await here.flush();
  await away.sync();
  const mirror = new Mirror(away);
  proxy.refuse();
  for (let number = 0; number < logCommits; number++) await here.setAndWait("changes", number);
  here.setMany([
    ["new", 1],
    ["returns", "meanwhile"],
  ]);
  here.deleteMany(["goes", "comes and goes"]);
  await here.flush();
  await here.setAndWait("comes and goes", 1);
  here.delete("comes and goes");
  await here.setAndWait("returns", "before");
  await server.compact();
  expect(mirror.commits).toEqual([]);
  proxy.heal();
  await expect.poll(() => away.get("new")).toBe(1);
  expect(mirror.wrong).toEqual([]);
  const told = mirror.commits.flatMap(({ origin, changes }) =>
    changes.map(({ type, key, previous, value }) => [origin, type, key, previous, value]),
  );
  expect(told).toEqual([
    ["load", "set", "changes", "before", logCommits - 1],
    ["load", "delete", "goes", "before", undefined],
    ["load", "set", "new", undefined, 1],
  ]);
  expect([...away.entries()]).toEqual([...here.entries()]);
  expect(away.meta("returns")?.version).toBe(here.meta("returns")?.version);
});

/**
 * A watch was begun from the version of the object itself, which a store that nobody writes to keeps for days, and etcd for minutes: "too old", said the server; the
 * object was read, its version was the same, and so on, as fast as both could.
 */
test("a store that is older than what etcd remembers is not asked for in a circle", async () => {
  const namespace = await makeNamespace(server);
  const backend = new KubernetesBackend({ kubeConfig: server.kubeconfig("holdall", { namespace }) }, { watchSeconds: 2 });
  onTestFinished(() => backend.close());
  const [quiet, busy] = [await open(backend, { name: "quiet" }), await open(backend, { name: "busy" })];
  await quiet.commit([put("key", "1")]);
  for (let number = 1; number <= 3; number++) await busy.commit([put("key", String(number))]);
  await server.compact();
  const [reads, watches] = [await server.storeRequests("GET"), await server.storeRequests("WATCH")];
  const began = performance.now();
  const following = follow(quiet, 1);
  // Two watches that last as long as they should, each after one that was refused.
  await expect.poll(() => server.storeRequests("WATCH")).toBeGreaterThanOrEqual(watches + 4);
  expect(performance.now() - began).toBeGreaterThan(3_500);
  // Every other watch is refused, and a read comes after it; watches count when they end.
  const asked = (await server.storeRequests("GET")) - reads;
  expect(asked).toBeLessThanOrEqual(((await server.storeRequests("WATCH")) - watches) / 2 + 2);
  await quiet.commit([put("key", "2")]);
  await expect.poll(() => following.through).toBe(2);
  expect([following.heard.map(({ number }) => number), following.ends]).toEqual([[2], []]);
});
