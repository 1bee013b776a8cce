/** Whatever fails, what was written to Pepr's resource is there once, and what cannot be is told to its caller alone. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../../ts/index.js";
import { type PeprOnKubernetesOptions, peprStore } from "../../../../ts/pepr/kubernetes.js";
import { startProxy } from "../../../servers/proxy.js";
import { open, put } from "../support.js";
import { namespace } from "./cluster.js";
import { kubeConfig, Resource, server } from "./support.js";

/** How often each of four replicas counts up while connections are cut; `HOLDALL_KUBERNETES_INCREMENTS=500` takes some minutes. */
const increments = Number(process.env.HOLDALL_KUBERNETES_INCREMENTS ?? 10);

const pause = (span: number) => new Promise((resolve) => setTimeout(resolve, span));

/** A way to the server that can fail. */
async function proxied() {
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** A store of the face on a resource, whose waits bear with a busy server. */
function faceOn(resource: Resource, options: Partial<Omit<PeprOnKubernetesOptions, "compat">> = {}) {
  const store = peprStore({
    kubernetes: { kubeConfig: kubeConfig() },
    uuid: resource.uuid,
    capability: "hello",
    timeout: 60_000,
    ...options,
  });
  onTestFinished(() => store.close().catch(() => {}));
  return store;
}

test("four replicas count up while connections are cut in mid-patch: the sum is exact", {
  timeout: 240_000 + increments * 2_000,
}, async () => {
  const resource = new Resource();
  const proxy = await proxied();
  const stores = await Promise.all(
    [1, 2, 3, 4].map(() => openStore({ backend: resource.backend({ kubeConfig: kubeConfig(proxy.port), timeout: 2_000 }), name: "hello" })),
  );
  const retried = () => stores.reduce((sum, { status }) => sum + status.retries, 0);
  let isOver = false;
  let cuts = 0;
  const cutting = (async () => {
    for (; cuts < increments / 2 || retried() === 0; cuts++) {
      // What was sent arrives, and the answer does not.
      proxy.stall("down");
      await proxy.heard("down");
      proxy.cut();
      proxy.heal();
      await pause(1_000);
    }
    isOver = true;
  })();
  // They go on for as long as connections are cut.
  const counts = await Promise.all(
    stores.map(async (store, at) => {
      let time = 0;
      for (; time < increments || !isOver; time++) {
        await store.transaction(
          (tx) => {
            tx.set("count", String(Number(tx.get<string>("count") ?? 0) + 1));
            tx.set(`${at}:${time}`, "done");
          },
          { retries: 1_000 },
        );
      }
      return time;
    }),
  );
  await cutting;
  const data = await resource.data();
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (increments > 10) console.log(`${total} increments: ${cuts} cuts, ${retried()} calls were made again`);
  expect([data["hello-v2-count"], Object.keys(data).length]).toEqual([String(total), total + 1]);
  await Promise.all(stores.map((store) => store.close()));
});

test("a commit whose answer is lost is found, though others have written since", async () => {
  const resource = new Resource();
  const proxy = await proxied();
  const hello = await open(resource.backend({ kubeConfig: kubeConfig(proxy.port), timeout: 3_000 }), { name: "hello" });
  const request = hello.next([put("x", "1")]);
  proxy.stall("down");
  await expect(hello.store.commit(request)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect.poll(() => resource.data()).toEqual({ "hello-v2-x": "1" });
  await resource.edit({ "hello-v2-x": null });
  proxy.heal();
  proxy.cut();
  const again = () => hello.store.commit({ ...request, isRetry: true });
  await expect.poll(() => again().catch(() => undefined)).toMatchObject({ type: "committed", changed: true });
  expect(await resource.data()).toEqual({});
});

test("a resource that is deleted under its replicas is made anew, and goes on", async () => {
  const resource = new Resource();
  const store = await openStore({ backend: resource.backend(), name: "hello" });
  onTestFinished(() => store.close());
  await store.setAndWait("x", "1");
  const gone = store.waitFor("x", (value) => value === undefined);
  await server.request("DELETE", resource.path);
  await gone;
  await store.setAndWait("x", "2");
  expect(await resource.data()).toEqual({ "hello-v2-x": "2" });
});

test("a server that cannot be reached at first: what is written waits, and is there when it is", async () => {
  const resource = new Resource();
  await resource.make({ "hello-v2-old": "1", "hello-v2-older": "1" });
  const proxy = await proxied();
  proxy.refuse();
  const store = faceOn(resource, { kubernetes: { kubeConfig: kubeConfig(proxy.port), timeout: 5_000 } });
  const told: unknown[] = [];
  store.subscribe((data) => told.push(data));
  store.removeItem("old");
  const waits = [store.setItemAndWait("new", "1"), store.removeItemAndWait("older")];
  expect([store.getItem("new"), store.keys()]).toEqual(["1", ["new"]]);
  await proxy.refused();
  proxy.heal();
  expect(await Promise.all(waits)).toEqual(["ok", "ok"]);
  await store.ready();
  expect([store.keys(), await resource.data()]).toEqual([["new"], { "hello-v2-new": "1" }]);
  expect(told.at(-1)).toEqual({ new: "1" });
});

test("a clear before anything is known clears what is there", async () => {
  const resource = new Resource();
  await resource.make({ "hello-v2-old": "1", "other-v2-old": "1" });
  const store = faceOn(resource);
  store.setItem("before", "1");
  store.clear();
  store.setItem("after", "1");
  await store.flush();
  expect([store.keys(), await resource.data()]).toEqual([["after"], { "hello-v2-after": "1", "other-v2-old": "1" }]);
});

test("who has no rights hears so: by onError, in waits and in later calls", async () => {
  const errors: unknown[] = [];
  const resource = new Resource();
  const kubernetes = { kubeConfig: server.kubeconfig("other") };
  const store = faceOn(resource, { kubernetes, onError: (error) => errors.push(error) });
  const forbidden = expect.objectContaining({ code: "FORBIDDEN", message: expect.stringContaining("pepr-rbac.yaml") });
  await expect(store.setItemAndWait("x", "1")).rejects.toMatchObject({
    code: "FORBIDDEN",
    message: expect.stringMatching(/^MAX_WAIT_TIME/),
  });
  await expect(store.ready()).rejects.toEqual(forbidden);
  expect(errors).toEqual([forbidden]);
  expect(() => store.setItem("x", "1")).toThrow(forbidden);
});

// Reads were of the past from then on, and nobody heard of it.
test("an annotation that is damaged in mid-life goes to onError, with what removes it; removed, it all goes on", async () => {
  const errors: unknown[] = [];
  const resource = new Resource();
  const store = faceOn(resource, { onError: (error) => errors.push(error) });
  await store.setItemAndWait("x", "1");
  const annotate = (text: string | null) => resource.patch({ metadata: { annotations: { "holdall.dev/commits": text } } });
  await annotate("{");
  const { name } = (await resource.read()).metadata;
  const told = {
    code: "CORRUPTED",
    message: expect.stringContaining(`kubectl annotate peprstores.pepr.dev ${name} holdall.dev/commits- `),
  };
  await expect.poll(() => errors).toEqual([expect.objectContaining(told)]);
  await annotate(null);
  await resource.edit({ "hello-v2-x": "2" });
  await expect.poll(() => store.getItem("x")).toBe("2");
  expect(errors).toHaveLength(1);
});

test("what the resource has no room for is refused to its caller, and what the others wrote is kept", async () => {
  const resource = new Resource();
  const store = faceOn(resource);
  await store.setItemAndWait("large", "x".repeat(900_000));
  const refused = store.setItemAndWait("larger", "y".repeat(900_000));
  const small = store.setItemAndWait("small", "z");
  await expect(refused).rejects.toMatchObject({
    code: "QUOTA_EXCEEDED",
    key: "larger",
    message: expect.stringMatching(/^MAX_WAIT_TIME elapsed: Key larger/),
  });
  await expect(small).resolves.toBe("ok");
  expect([store.keys(), Object.keys(await resource.data())]).toEqual([
    ["large", "small"],
    ["hello-v2-large", "hello-v2-small"],
  ]);
});

test("ten thousand writes in a loop become a bounded number of patches", async () => {
  const resource = new Resource();
  const store = faceOn(resource);
  await store.ready();
  for (let number = 0; number < 10_000; number++) store.setItem(`key:${number % 1_000}`, String(number));
  await store.flush();
  expect((await resource.read()).metadata.generation).toBeLessThan(100);
  expect((await resource.data())["hello-v2-key:999"]).toBe("9999");
});

test("more than ten thousand writes are one commit", { timeout: 600_000 }, async () => {
  const resource = new Resource();
  // The API server takes some seconds for it, and more where it has little of a processor.
  const backend = () => resource.backend({ timeout: 200_000 });
  const [store, other] = [await openStore({ backend: backend(), name: "hello" }), await openStore({ backend: backend(), name: "hello" })];
  onTestFinished(async () => void (await Promise.all([store.close(), other.close()])));
  const before = (await resource.read()).metadata.generation ?? 0;
  const keys = Array.from({ length: 10_500 }, (_, at) => at.toString(36));
  store.setMany(keys.map((key) => [key, "1"] as const));
  await store.flush();
  await other.sync();
  expect([other.size, (await resource.read()).metadata.generation]).toEqual([10_500, before + 1]);
});

test("a namespace that does not exist is told as what it is", async () => {
  const errors: unknown[] = [];
  const kubernetes = { kubeConfig: server.kubeconfig("admin") };
  const store = faceOn(new Resource(), { kubernetes, namespace: "nowhere", onError: (error) => errors.push(error) });
  await expect(store.setItemAndWait("x", "1")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(errors).toEqual([
    expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("namespace does not exist") }),
  ]);
});

test("a token that is replaced in its file is taken from there", async () => {
  const resource = new Resource();
  const tokenFile = join(server.folder, `${resource.uuid}.token`);
  await writeFile(tokenFile, "not a token");
  const errors: unknown[] = [];
  const kubernetes = { kubeConfig: server.kubeconfig("holdall", { namespace, tokenFile }) };
  const store = faceOn(resource, { kubernetes, onError: (error) => errors.push(error) });
  const wait = store.setItemAndWait("x", "1", { timeout: 100_000 });
  await expect.poll(() => errors).toEqual([expect.objectContaining({ message: expect.stringContaining("401") })]);
  await writeFile(tokenFile, server.tokens.holdall ?? "");
  expect(await wait).toBe("ok");
  expect(await resource.data()).toEqual({ "hello-v2-x": "1" });
});
