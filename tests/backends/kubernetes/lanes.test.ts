/** Of one object one patch is in flight at a time, and what is written meanwhile goes with the next. */
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../ts/index.js";
import { startProxy } from "../../servers/proxy.js";
import { backendIn, makeNamespace, objectIn, shared } from "./support.js";

const server = shared();

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

test("what is written over several turns while a patch is held is one patch more", async () => {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  const config = server.kubeconfig("holdall", { namespace, port: proxy.port });
  const store = await openStore({ backend: backendIn(server, namespace, { kubeConfig: config }), name: "orders" });
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
