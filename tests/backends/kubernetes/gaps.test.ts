/** A replica that was away hears what it has missed: commit by commit where those are still known, and else as what has become of each key. */
import { expect, onTestFinished, test } from "vitest";
import { KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { openStore } from "../../../ts/index.js";
import { startProxy } from "../../servers/proxy.js";
import { Mirror } from "./mirror.js";
import { makeNamespace, pathOf, shared } from "./support.js";

const server = shared();

/** Two replicas in a namespace of their own, one of them or both behind a proxy. */
async function replicas({ bothAway = false } = {}) {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  const open = async (port?: number) => {
    const kubeConfig = server.kubeconfig("holdall", { namespace, ...(port !== undefined && { port }) });
    const backend = new KubernetesBackend({ kubeConfig }, { log: { commits: 10, bytes: 64 * 1024 } });
    const store = await openStore({ backend, name: "orders" });
    onTestFinished(async () => {
      await store.close();
      await backend.close();
    });
    return store;
  };
  return { namespace, proxy, here: await open(bothAway ? proxy.port : undefined), away: await open(proxy.port) };
}

test("after fewer commits than that, each is told as it was made", async () => {
  const { proxy, here, away } = await replicas();
  await here.setAndWait("key", "before");
  await away.sync();
  const mirror = new Mirror(away);
  proxy.refuse();
  for (let number = 1; number <= 3; number++) await here.setAndWait("key", number);
  proxy.heal();
  await expect.poll(() => away.get("key")).toBe(3);
  expect(mirror.commits.map(({ origin, changes }) => [origin, changes.map(({ previous, value }) => [previous, value])])).toEqual([
    ["remote", [["before", 1]]],
    ["remote", [[1, 2]]],
    ["remote", [[2, 3]]],
  ]);
});

test("an object that comes back as it once was, as from a backup, is told as what it has become", async () => {
  const { namespace, proxy, here, away } = await replicas({ bothAway: true });
  await here.setAndWait("old", 1);
  const { body: backup } = await server.request("GET", pathOf(namespace, "orders"));
  here.setMany([
    ["old", 2],
    ["new", 2],
  ]);
  await here.flush();
  await away.sync();
  const mirrors = [new Mirror(here), new Mirror(away)];
  proxy.refuse();
  await server.request("DELETE", pathOf(namespace, "orders"));
  const { uid: _, resourceVersion: __, ...metadata } = backup.metadata;
  expect((await server.request("POST", pathOf(namespace, ""), { ...backup, metadata })).status).toBe(201);
  proxy.heal();
  for (const store of [here, away]) await expect.poll(() => [...store.entries()]).toEqual([["old", 1]]);
  for (const { wrong, entries } of mirrors) expect([wrong, entries]).toEqual([[], new Map([["old", 1]])]);
  await here.setAndWait("old", 3);
  await expect.poll(() => away.get("old")).toBe(3);
});
