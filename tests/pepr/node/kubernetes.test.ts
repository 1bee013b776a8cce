/** `peprStore` on Kubernetes says what is wrong before it connects, and what keeps it waiting after. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, onTestFinished, test } from "vitest";
import { type PeprOnKubernetesOptions, peprStore } from "../../../ts/pepr/kubernetes.js";

/** A server that answers everything with a status, and how to reach it. */
async function serve(status: number) {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.writeHead(status).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const kubeConfig = new KubeConfig();
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  kubeConfig.loadFromClusterAndUser({ name: "c", server: address, skipTLSVerify: true }, { name: "u" });
  return { kubeConfig, asked: () => asked };
}

test("what is no option, or of the wrong kind, is refused, and nothing is asked of the cluster", async () => {
  const { kubeConfig, asked } = await serve(503);
  const good = { uuid: "u", capability: "hello", kubernetes: { kubeConfig } };
  const wrong: object[] = [
    { kubeConfig },
    { store: {} },
    { kubernetes: 5 },
    { kubernetes: { kubeconfig: kubeConfig } },
    { kubernetes: { kubeConfig: 5 } },
    { kubernetes: { kubeConfig, clock: {} } },
    { kubernetes: { kubeConfig, timeout: "5" } },
    { timeout: "5" },
    { onError: 5 },
    { clock: {} },
    { uuid: 5 },
    { capability: "" },
    { capability: "a-v2" },
    { resource: "other" },
  ];
  for (const options of wrong) {
    const call = () => peprStore({ ...good, ...options } as PeprOnKubernetesOptions);
    expect(call, JSON.stringify(Object.keys(options))).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked()).toBe(0);
});

test("a wait that ends before it has opened says what it was that kept it", async () => {
  const { kubeConfig, asked } = await serve(503);
  const store = peprStore({ uuid: "u", capability: "hello", kubernetes: { kubeConfig }, timeout: 200 });
  await expect.poll(asked).toBeGreaterThan(1);
  const cause = expect.objectContaining({ code: "UNAVAILABLE", message: expect.stringContaining("503") });
  await expect(store.setItemAndWait("x", "1")).rejects.toMatchObject({ code: "TIMEOUT", cause });
  await expect(store.close()).rejects.toMatchObject({ code: "TIMEOUT", cause });
});

// It tried for ever, and nobody heard that the cluster did not know who asked.
test("a cluster that does not know who asks is tried again, and onError hears of it once", async () => {
  const { kubeConfig, asked } = await serve(401);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const store = peprStore({ uuid: "u", capability: "hello", kubernetes: { kubeConfig }, onError });
  await expect.poll(asked).toBeGreaterThan(4);
  await store.close();
  expect(errors).toEqual([expect.objectContaining({ code: "UNAVAILABLE", message: expect.stringContaining("401") })]);
});

// It was reported as an error that nobody handles, which ends a process.
test.each([undefined, "strict"] as const)("closing before it has opened is no error (compat: %s)", async (compat) => {
  const { kubeConfig, asked } = await serve(503);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const store = peprStore({ uuid: "u", capability: "hello", kubernetes: { kubeConfig }, onError, compat });
  await expect.poll(asked).toBeGreaterThan(1);
  await store.close();
  await new Promise((resolve) => setTimeout(resolve));
  expect(errors).toEqual([]);
});
