/**
 * Whatever fails under load from four processes, each commit is applied once, and what was acknowledged is there: the API server or etcd killed, connections
 * cut in mid-patch, a watch that outlives what the server remembers.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { applyStoreDefinition } from "../../../ts/backends/kubernetes/index.js";
import { type KubernetesServer, startKubernetes } from "../../servers/kubernetes.js";
import { startProxy } from "../../servers/proxy.js";
import { compileProgram, counting, expectExact } from "./processes.js";
import { backendIn, follow, headIn, makeNamespace, open, put } from "./support.js";

/** How often each failure is brought about; `HOLDALL_KUBERNETES_ROUNDS=20` takes some ten minutes. */
const rounds = Number(process.env.HOLDALL_KUBERNETES_ROUNDS ?? 1);

/** How often each of the four processes counts up in a round. */
const times = 8;

const pause = (span: number) => new Promise((resolve) => setTimeout(resolve, span));

let server: KubernetesServer;
beforeAll(async () => {
  await compileProgram();
  // Without its cache the API server asks etcd for each watch, which can then have forgotten.
  server = await startKubernetes({ flags: ["--watch-cache=false"] });
});
afterAll(() => server.stop());

/** The kubeconfigs of four processes, by way of a proxy where there is one. */
const fourOf = (namespace: string, port?: number) =>
  Array.from({ length: 4 }, () => server.kubeconfig("holdall", { namespace, ...(port !== undefined && { port }) }));

/**
 * Lets four processes count up, brings a failure about in the middle of it, and expects that nothing is missing and nothing is there twice. They go on until they
 * have felt it; `fail` is told when that is.
 */
async function survive(fail: (isFelt: Promise<void>) => Promise<void>, port?: number): Promise<{ failures: number; repeated: number }> {
  const namespace = await makeNamespace(server);
  const running = counting(fourOf(namespace, port), namespace, times);
  const middle = times + Math.random() * 2 * times;
  await expect.poll(async () => (await headIn(server, namespace, "counter")).head.number).toBeGreaterThan(middle);
  await fail(running.failed);
  const seen = await running.end();
  await expectExact(server, namespace, seen, times);
  const sum = (part: "failures" | "repeated") => seen.reduce((total, one) => total + one[part], 0);
  return { failures: sum("failures"), repeated: sum("repeated") };
}

/** Runs rounds, and says what they saw when there are many. */
async function inRounds(name: string, round: () => Promise<{ failures: number; repeated: number }>): Promise<void> {
  const totals = { failures: 0, repeated: 0 };
  for (let number = 0; number < rounds; number++) {
    const { failures, repeated } = await round();
    totals.failures += failures;
    totals.repeated += repeated;
  }
  if (rounds > 1)
    console.log(`${name}: ${rounds} rounds, ${totals.failures} calls failed, ${totals.repeated} succeeded when they were made again`);
  expect(totals.failures).toBeGreaterThan(0);
}

test("a cluster that does not know what a store is says so, until it is told", async () => {
  const namespace = await makeNamespace(server);
  const backend = backendIn(server, namespace);
  await expect(open(backend)).rejects.toMatchObject({ code: "NOT_SUPPORTED", message: expect.stringContaining("crd.yaml") });
  const kubeConfig = server.kubeconfig("admin");
  await applyStoreDefinition({ kubeConfig });
  await applyStoreDefinition({ kubeConfig });
  await open(backend);
});

test("the API server is killed", { timeout: rounds * 240_000 }, () =>
  inRounds("API server killed", () =>
    survive(async (isFelt) => {
      await server.api.kill();
      await isFelt;
      await server.api.start();
    }),
  ),
);

test("etcd is killed", { timeout: rounds * 240_000 }, () =>
  inRounds("etcd killed", () =>
    survive(async (isFelt) => {
      await server.etcd.kill();
      // Back at once, it would not be missed: the API server waits for it, the programs wait three seconds.
      await isFelt;
      await server.etcd.start();
    }),
  ),
);

test("connections are cut in mid-patch, the patch or its answer lost", { timeout: rounds * 240_000 }, async () => {
  const proxy = await startProxy(server.port);
  try {
    await inRounds("connections cut", () =>
      survive(async (isFelt) => {
        let hasFelt = false;
        void isFelt.then(() => {
          hasFelt = true;
        });
        for (let time = 0; time < 5 || !hasFelt; time++) {
          // What was sent arrives, and the answer does not; or that does not even arrive.
          const direction = time % 2 === 0 ? "down" : "up";
          proxy.stall(direction);
          await proxy.heard(direction);
          proxy.cut();
          proxy.heal();
          await pause(100);
        }
      }, proxy.port),
    );
  } finally {
    await proxy.stop();
  }
});

test("a token that is no longer good is read again from its file", async () => {
  const namespace = await makeNamespace(server);
  const tokenFile = join(server.folder, `${namespace}.token`);
  await writeFile(tokenFile, server.tokens.holdall ?? "");
  const kubeConfig = server.kubeconfig("holdall", { namespace, tokenFile });
  const orders = await open(backendIn(server, namespace, { kubeConfig }));
  await orders.commit([put("key", "1")]);
  const token = server.renewToken("holdall");
  await server.api.restart();
  // Refused is the request and not the commit, which may be sent again.
  const request = orders.next([put("key", "2")]);
  await expect(orders.store.commit(request)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await writeFile(tokenFile, token);
  expect(await orders.store.commit({ ...request, isRetry: true })).toMatchObject({ type: "committed", number: 2 });
});

test("a follower whose watch broke goes on where it was", async () => {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  try {
    const kubeConfig = server.kubeconfig("holdall", { namespace, port: proxy.port });
    const orders = await open(backendIn(server, namespace));
    const away = await open(backendIn(server, namespace, { kubeConfig }));
    const first = follow(away, 0);
    await orders.commit([put("key", "1")]);
    await expect.poll(() => first.through).toBe(1);
    proxy.refuse();
    await expect.poll(() => first.ends).toEqual([expect.objectContaining({ code: "UNAVAILABLE" })]);
    for (let number = 2; number <= 5; number++) await orders.commit([put("key", String(number))]);
    proxy.heal();
    const second = follow(away, first.through);
    await expect.poll(() => second.through).toBe(5);
    expect(second.heard.map(({ number }) => number)).toEqual([2, 3, 4, 5]);
  } finally {
    await proxy.stop();
  }
});

test("a watch that goes on from a version which etcd has forgotten begins anew", { timeout: rounds * 240_000 }, async () => {
  const namespace = await makeNamespace(server);
  const backend = new KubernetesBackend({ kubeConfig: server.kubeconfig("holdall", { namespace }) }, { watchSeconds: 2 });
  onTestFinished(() => backend.close());
  const [quiet, busy] = [await open(backend, { name: "quiet" }), await open(backend, { name: "busy" })];
  const following = follow(quiet, 0);
  const began = performance.now();
  for (let round = 1; round <= rounds; round++) {
    await quiet.commit([put("key", String(round))]);
    await expect.poll(() => following.through).toBe(round);
    for (let number = 1; number <= 3; number++) await busy.commit([put("key", String(number))]);
    const before = await server.storeRequests("GET");
    await server.compact();
    // The server ends the watch in its time, and what it had seen last is gone: the object is read, as it is for nothing else here.
    await expect.poll(() => server.storeRequests("GET")).toBeGreaterThan(before);
  }
  await quiet.commit([put("key", "last")]);
  await expect.poll(() => following.through).toBe(rounds + 1);
  const numbers = Array.from({ length: rounds + 1 }, (_, at) => at + 1);
  expect([following.heard.map(({ number }) => number), following.ends]).toEqual([numbers, []]);
  if (rounds > 1) console.log(`watch expired by compaction: ${rounds} rounds in ${Math.round((performance.now() - began) / 1_000)} s`);
});
