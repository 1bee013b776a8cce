/**
 * Bookmarks: a server with a watch cache says how far a quiet watch has come, two seconds before it ends it. So a watch goes on from there, whatever has been forgotten
 * of the time before, and whichever of a cluster's servers is asked next.
 */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
import { type KubernetesAccess, type KubernetesServer, startKubernetes } from "../../servers/kubernetes.js";
import { recorderTo } from "./recorder.js";
import { backendIn, follow, makeNamespace, objectIn, open, put } from "./support.js";

let server: KubernetesServer;
/** One that asks etcd for each watch, which can have forgotten. */
let uncached: KubernetesAccess;
beforeAll(async () => {
  server = await startKubernetes();
  await applyStoreDefinition({ kubeConfig: server.kubeconfig("admin") });
  uncached = await server.another(["--watch-cache=false"]);
});
afterAll(() => server?.stop());

test("a quiet watch goes on from the last bookmark, after etcd has forgotten the version of its store, and nothing is read again", async () => {
  const namespace = await makeNamespace(server);
  const recorder = await recorderTo(server, namespace);
  const backend = new KubernetesBackend({ kubeConfig: recorder.kubeConfig }, { watchSeconds: 6 });
  onTestFinished(() => backend.close());
  const writer = await open(backendIn(server, namespace), { name: "quiet" });
  const quiet = await open(backend, { name: "quiet" });
  await quiet.commit([put("key", "1")]);
  const version = Number((await objectIn(server, namespace, "quiet")).metadata.resourceVersion);
  // Before the watch begins, which lasts six seconds however long this takes.
  const others = await open(backendIn(server, namespace), { name: "busy" });
  await others.commit([put("key", "before")]);
  const busy = Number((await objectIn(server, namespace, "busy")).metadata.resourceVersion);
  await server.compact();
  const before = recorder.asked.length;
  const following = follow(quiet, 1);
  await expect.poll(() => recorder.asked.slice(before).map(({ verb }) => verb)).toEqual(["WATCH"]);
  recorder.server = uncached;

  const watches = () => recorder.asked.slice(before).filter(({ verb }) => verb === "WATCH");
  // The server tells how far it is where it has gone on meanwhile.
  while (watches().length < 2) {
    await others.commit([put("key", "meanwhile")]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [first, second] = watches();
  expect([Number(first?.from), first?.port, second?.port]).toEqual([version, server.port, uncached.port]);
  expect(Number(second?.from)).toBeGreaterThanOrEqual(busy);

  const { number } = (await writer.commit([put("key", "2")])) as { readonly number: number };
  await expect.poll(() => following.through).toBe(number);
  expect([following.heard.length, following.ends]).toEqual([1, []]);
  // Had it been too old, the object would have been read, before another watch.
  expect(recorder.asked.slice(before, before + 2)).toEqual([first, second]);
  expect(recorder.asked.slice(before).every(({ verb }) => verb === "WATCH")).toBe(true);
});
