/** Of one object one patch is in flight at a time, and what is written meanwhile goes with the next. */
import { expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "../../../ts/backends/kubernetes/connection.js";
import { openStore } from "../../../ts/index.js";
import { startProxy } from "../../servers/proxy.js";
import { kubeConfig, Resource, server } from "./pepr/support.js";
import { backendIn, makeNamespace, objectIn } from "./support.js";

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

test("what is written over several turns while a patch is held is one patch more", async () => {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  const config = server.kubeconfig("holdall", { namespace, port: proxy.port });
  const store = await openStore({ backend: backendIn(server, namespace, { kubeConfig: config, timeout: 60_000 }), name: "orders" });
  onTestFinished(() => store.close());
  await store.setAndWait("warm", 1);
  const generation = async () => (await objectIn(server, namespace, "orders")).metadata.generation ?? 0;
  const before = await generation();
  proxy.stall("down");
  store.set("held", 1);
  await expect.poll(generation).toBe(before + 1);
  for (let number = 0; number < 10; number++) {
    store.set(`key:${number}`, number);
    await turn();
  }
  expect(await generation()).toBe(before + 1);
  proxy.heal();
  await store.flush();
  expect(await generation()).toBe(before + 2);
});

test("two stores of one process in one object wait for each other: neither is ever told that the other was first", async () => {
  const resource = new Resource();
  const backend = resource.backend({ kubeConfig: kubeConfig() });
  const stores = await Promise.all(["a", "b"].map((name) => openStore({ backend, name })));
  onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
  await Promise.all(stores.map((store) => store.setAndWait("warm", "1")));
  const sent = vi.spyOn(Connection.prototype, "send");
  onTestFinished(() => sent.mockRestore());
  for (let number = 0; number < 20; number++) await Promise.all(stores.map((store) => store.setAndWait("key", String(number))));
  const statuses = await Promise.all(sent.mock.results.map(async ({ value }) => (await value).status));
  expect(statuses.length).toBeGreaterThanOrEqual(40);
  expect(statuses.filter((status) => status === 409)).toEqual([]);
});
