/** A whole store on Kubernetes: what replicas write is there for all of them. */
import { expect, onTestFinished, test } from "vitest";
import type { KubernetesOptions } from "../../../ts/backends/kubernetes/index.js";
import { openStore } from "../../../ts/index.js";
import { backendIn, makeNamespace, shared } from "./support.js";

const server = shared();

async function replicaIn(namespace: string, options?: KubernetesOptions) {
  const store = await openStore({ backend: backendIn(server, namespace, options), name: "orders" });
  onTestFinished(() => store.close());
  return store;
}

test("two replicas hold the same: values, metadata, deadlines", async () => {
  const namespace = await makeNamespace(server);
  const [one, other] = [await replicaIn(namespace), await replicaIn(namespace)];
  await one.setAndWait("user:1", { name: "Ada", placed: new Date(0), big: 12n }, { ttl: "1h", tags: ["admin"] });
  await other.sync();
  expect([other.get("user:1"), other.meta("user:1")?.tags, Math.round((other.ttl("user:1") ?? 0) / 60_000)]).toEqual([
    { name: "Ada", placed: new Date(0), big: 12n },
    ["admin"],
    60,
  ]);
  const heard = other.waitFor("user:1", (value) => value === undefined);
  one.delete("user:1");
  await heard;
  expect(await other.increment("count", 2)).toBe(2);
  await one.sync();
  expect(await one.increment("count", 3)).toBe(5);
});

test("a write that the object has no room for is refused to its caller alone", async () => {
  const namespace = await makeNamespace(server);
  const [store, other] = [await replicaIn(namespace), await replicaIn(namespace)];
  await store.setAndWait("large", "x".repeat(900_000));
  const refused = store.setAndWait("larger", "y".repeat(900_000));
  const small = store.setAndWait("small", "z");
  await expect(refused).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
  await small;
  expect([store.has("larger"), store.get("small")]).toEqual([false, "z"]);
  await other.sync();
  expect([other.get<string>("large")?.length, other.get("small")]).toEqual([900_000, "z"]);
});
