/** What cannot be done is told by a code, to its caller alone, and nothing else is lost. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { kubernetes } from "../../../ts/backends/kubernetes/index.js";
import { maxObjectBytes } from "../../../ts/backends/kubernetes/sizes.js";
import { openStore } from "../../../ts/index.js";
import { startProxy } from "../../servers/proxy.js";
import { grant } from "./rights.js";
import { backendIn, headIn, makeNamespace, objectIn, open, pathOf, put, shared } from "./support.js";

const server = shared();

test("who has no rights in the namespace is told which", async () => {
  const namespace = await makeNamespace(server, { withRights: false });
  const backend = backendIn(server, namespace);
  await expect(open(backend)).rejects.toMatchObject({ code: "FORBIDDEN", message: expect.stringContaining("rbac.yaml") });
  await grant(server, namespace);
  await expect.poll(async () => (await open(backend)).store.isWritable).toBe(true);
});

test("rights that are taken away in mid-life refuse each commit, and what was committed before stays", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  await orders.commit([put("key", "1")]);
  await server.request("DELETE", `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings/holdall`);
  const refusal = { type: "refused", code: "FORBIDDEN", message: expect.stringContaining("rbac.yaml") };
  await expect.poll(() => orders.commit([put("key", "2")])).toEqual(refusal);
  // One that may have been applied before is not said to be refused.
  await expect(orders.commit([put("key", "3")], { isRetry: true })).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(await orders.commit([put("key", "4")])).toEqual(refusal);
  await grant(server, namespace);
  await expect.poll(async () => (await orders.commit([put("key", "5")])).type).toBe("committed");
  expect((await orders.entries()).get("key")?.value.bytes).toEqual(new TextEncoder().encode("5"));
});

test("a namespace that does not exist, and a kubeconfig that cannot be read, are arguments that are wrong", async () => {
  const kubeConfig = server.kubeconfig("admin", { namespace: "nowhere" });
  await expect(open(backendIn(server, "nowhere", { kubeConfig }))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(open(backendIn(server, "default", { kubeConfig: "no/such/file" }))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("where there is no kubeconfig at all, that is told, and not that a server which nobody named does not answer", async () => {
  vi.stubEnv("KUBECONFIG", undefined);
  vi.stubEnv("HOME", await mkdtemp(join(tmpdir(), "holdall-no-home-")));
  onTestFinished(async () => {
    await rm(process.env.HOME ?? "", { recursive: true });
    vi.unstubAllEnvs();
  });
  const backend = kubernetes({ namespace: "default" });
  await expect(openStore({ backend })).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining("KUBECONFIG") });
  await backend.close();
});

test("a namespace that is being deleted is told as what it is", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  await server.request("DELETE", `/api/v1/namespaces/${namespace}`);
  const refusal = { code: "INVALID_ARGUMENT", message: expect.stringContaining("being deleted") };
  await expect(open(backendIn(server, namespace), { name: "invoices" })).rejects.toMatchObject(refusal);
  // What is there goes on until it is gone.
  expect((await orders.commit([put("key", "1")])).type).toBe("committed");
});

test("an object that would pass its size is told before it is sent, exactly", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  // Of these characters Kubernetes makes 32 bytes.
  const third = '<&>é\u2028"\\\n'.repeat(12_000);
  const answers: string[] = [];
  for (let number = 0; answers.at(-1) !== "refused"; number++) {
    const answer = await orders.commit([put(`key:${number}`, third)]);
    answers.push(answer.type);
    if (answer.type === "refused") expect(answer.code).toBe("QUOTA_EXCEEDED");
  }
  // What is left is filled by halves, down to a character.
  let fill = "";
  for (let length = 512 * 1_024; length >= 1; length /= 2) {
    const more = fill + "x".repeat(length);
    if ((await orders.commit([put("fill", more)])).type === "committed") fill = more;
  }
  const commits = (await headIn(server, namespace, "orders")).head.number;
  const bytes = Buffer.byteLength(JSON.stringify(await objectIn(server, namespace, "orders")).replace(/[<>&\u2028]/g, "------"));
  expect(bytes).toBeLessThanOrEqual(maxObjectBytes);
  expect(bytes).toBeGreaterThan(maxObjectBytes - 1_000);
  // Who opens it now cannot be noted in it, and reads what is there.
  const other = await open(backendIn(server, namespace));
  expect((await other.entries()).get("fill")?.value.bytes.length).toBe(fill.length);
  // What makes it smaller, and what then has room, goes on.
  expect((await orders.commit([put("small", "x".repeat(1_000))])).type).toBe("refused");
  expect((await orders.commit([{ type: "delete", key: "fill" }])).type).toBe("committed");
  expect((await orders.commit([put("small", "x".repeat(1_000))])).type).toBe("committed");
  expect((await orders.commit([{ type: "delete", key: "key:0" }])).type).toBe("committed");
  expect((await orders.commit([put("key:0", third)])).type).toBe("committed");
  expect((await headIn(server, namespace, "orders")).head.number).toBe(commits + 4);
});

test("what the server itself finds too large is refused too", async () => {
  const namespace = await makeNamespace(server);
  const kubeConfig = server.kubeconfig("holdall", { namespace });
  const backend = new KubernetesBackend({ kubeConfig }, { maxBytes: Infinity, maxCommitBytes: Infinity });
  const orders = await open(backend);
  await orders.commit([put("key", "1")]);
  expect(await orders.commit([put("large", "x".repeat(1_000_000))])).toMatchObject({ type: "refused", code: "QUOTA_EXCEEDED" });
  expect(await orders.commit([put("huge", "x".repeat(4_000_000))])).toMatchObject({ type: "refused", code: "COMMIT_TOO_LARGE" });
  expect((await orders.commit([put("key", "2")])).type).toBe("committed");
  await backend.close();
});

test("the cluster refuses what a slip of the hand makes of an object, and what it cannot see is found here", async () => {
  const namespace = await makeNamespace(server);
  const backend = backendIn(server, namespace);
  const orders = await open(backend);
  await orders.commit([put("key", "1"), put("other", "1")]);
  const edit = (change: unknown) => server.request("PATCH", pathOf(namespace, "orders"), change, "application/merge-patch+json");
  expect((await edit({ entries: { key: { value: 7 } } })).status).toBe(422);
  expect((await edit({ head: null })).status).toBe(422);
  expect((await edit({ entries: { key: { kind: "number", value: "seven" } } })).status).toBe(200);
  const refusal = { type: "refused", code: "CORRUPTED" };
  await expect.poll(() => orders.commit([put("key", "2")])).toMatchObject(refusal);
  expect((await orders.commit([put("other", "2")])).type).toBe("committed");
  await expect(orders.store.load()).rejects.toMatchObject({ code: "CORRUPTED" });
  await edit({ entries: { key: null } });
  expect([...(await orders.entries()).keys()]).toEqual(["other"]);
  await edit({ head: { time: "yesterday" } });
  await expect.poll(() => orders.commit([put("other", "3")])).toMatchObject(refusal);
  await expect(open(backend)).rejects.toMatchObject({ code: "CORRUPTED" });
});

test("a server that does not answer is unavailable after the time that was given", async () => {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  try {
    const kubeConfig = server.kubeconfig("holdall", { namespace, port: proxy.port });
    const orders = await open(backendIn(server, namespace, { kubeConfig, timeout: 3_000 }));
    proxy.stall("down");
    const request = orders.next([put("key", "1")]);
    await expect(orders.store.commit(request)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    proxy.heal();
    expect(await orders.store.commit({ ...request, isRetry: true })).toMatchObject({ type: "committed", number: 1 });
  } finally {
    await proxy.stop();
  }
});
