/** What a whole store makes of refusals in mid-life: who wrote is told, what is shown is what is kept, and everything else goes on. */
import { expect, onTestFinished, test } from "vitest";
import type { KubernetesOptions } from "../../../ts/backends/kubernetes/index.js";
import { openStore } from "../../../ts/index.js";
import { grant } from "./rights.js";
import { backendIn, makeNamespace, objectIn, pathOf, shared } from "./support.js";

const server = shared();

async function replicaIn(namespace: string, options: KubernetesOptions = {}) {
  const store = await openStore({ backend: backendIn(server, namespace, options), name: "orders" });
  onTestFinished(() => store.close());
  return store;
}

test("rights that are taken away: writes are taken back, reads go on, and when they are given again so do writes", async () => {
  const namespace = await makeNamespace(server);
  const [store, other] = [await replicaIn(namespace), await replicaIn(namespace)];
  await store.setAndWait("key", "before");
  await server.request("DELETE", `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings/holdall`);
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => "accepted",
      (error) => error.code,
    );
  await expect.poll(() => codeOf(store.setAndWait("probe", 1))).toBe("FORBIDDEN");
  const refused = codeOf(store.setAndWait("key", "refused"));
  expect(store.get("key")).toBe("refused");
  expect([await refused, store.get("key")]).toEqual(["FORBIDDEN", "before"]);
  expect(await codeOf(other.increment("count"))).toBe("FORBIDDEN");
  expect([other.get("key"), other.has("count")]).toEqual(["before", false]);
  await grant(server, namespace);
  await expect.poll(() => codeOf(store.setAndWait("key", "after"))).toBe("accepted");
  expect(await other.increment("count")).toBe(1);
  await expect.poll(() => other.get("key")).toBe("after");
});

test("an entry that was broken by hand is refused to who writes it; all others go on, and it heals when it is mended", async () => {
  const namespace = await makeNamespace(server);
  const store = await replicaIn(namespace);
  store.setMany([
    ["broken", 1],
    ["sound", 1],
  ]);
  await store.flush();
  const edit = (entries: object) => server.request("PATCH", pathOf(namespace, "orders"), { entries }, "application/merge-patch+json");
  expect((await edit({ broken: { kind: "number", value: "one" } })).status).toBe(200);
  await expect.poll(() => store.increment("broken").catch((error) => error.code)).toBe("CORRUPTED");
  expect(await store.increment("sound")).toBe(2);
  // Who opens it anew is told, and not given half of it.
  await expect(openStore({ backend: backendIn(server, namespace), name: "orders" })).rejects.toMatchObject({ code: "CORRUPTED" });
  expect((await edit({ broken: { kind: "number", value: "1" } })).status).toBe(200);
  await expect.poll(() => store.increment("broken").catch((error) => error.code)).toBe(2);
  expect((await objectIn(server, namespace, "orders")).entries?.broken?.value).toBe("2");
});

test("more than ten thousand writes are one commit, as long as the object has room", { timeout: 600_000 }, async () => {
  const namespace = await makeNamespace(server);
  // The API server takes some seconds for it, and more where it has little of a processor.
  const options = { timeout: 200_000 };
  const [store, other] = [await replicaIn(namespace, options), await replicaIn(namespace, options)];
  const keys = Array.from({ length: 10_500 }, (_, at) => at.toString(36));
  store.setMany(keys.map((key) => [key, 1] as const));
  await store.flush();
  await other.sync();
  expect([other.size, new Set(keys.map((key) => other.meta(key)?.version)).size]).toEqual([10_500, 1]);
  store.deleteMany(keys.slice(1));
  await store.flush();
  await other.sync();
  expect([...other.keys()]).toEqual(["0"]);
});
