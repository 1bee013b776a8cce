/**
 * Stores on an API server of one's own: what a write costs beside a patch by client-node, alone, in a loop and by the size of the object, and how long it takes
 * until another replica hears of it. etcd does not wait for its disk here, so only the ways are measured.
 *
 * @module
 */
import { CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions, Watch } from "@kubernetes/client-node";
import { openStore } from "holdall";
import { applyStoreDefinition, kubernetes as kubernetesBackend } from "holdall/backends/kubernetes";
import { findKubernetes } from "../../scripts/lib/kubernetes.mjs";
import { startKubernetes } from "../../scripts/lib/kubernetes-server.mjs";
import { answerInTurn, withEcho } from "../lib/answers.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/group.mjs").Scale} Scale */
/** @typedef {import("../lib/timing.mjs").Samples} Samples */
/** @typedef {import("holdall").BackedStore} BackedStore */

const client = "client-node, a patch each";
const watch = "client-node, patch to watch";

const namespace = "default";
const place = { group: "holdall.dev", version: "v1", namespace, plural: "holdallstores" };

/** A value of a hundred bytes. @param {number} index */
const valueAt = (index) => `value ${index} `.padEnd(100, "·").slice(0, 100);

/**
 * Another object of the same kind and content, which client-node patches as it is: no order, no log, and no answer to who has written it.
 *
 * @param {KubeConfig} kubeConfig
 */
function rivalOf(kubeConfig) {
  const name = "rival";
  const api = kubeConfig.makeApiClient(CustomObjectsApi);
  const options = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const entry = { kind: "string", number: 1, createdAt: new Date(0).toISOString(), updatedAt: new Date(0).toISOString() };
  return {
    name,
    /** @param {import("@kubernetes/client-node").KubernetesObject & Record<string, unknown>} object The store's. */
    async become({ store, head, entries }) {
      await api.deleteNamespacedCustomObject({ ...place, name }).catch(() => {});
      const body = { apiVersion: "holdall.dev/v1", kind: "HoldallStore", metadata: { name }, store, head, entries };
      await api.createNamespacedCustomObject({ ...place, body });
    },
    /** @param {string} key @param {string} value */
    patch: (key, value) => api.patchNamespacedCustomObject({ ...place, name, body: { entries: { [key]: { ...entry, value } } } }, options),
    /** The object of the store. @param {string} other */
    read: (other) => api.getNamespacedCustomObject({ ...place, name: other }),
  };
}

/**
 * Runs with a server that lives as long, where there is one.
 *
 * @param {(parts: { open: () => Promise<BackedStore>, path: string, kubeConfig: KubeConfig, rival: ReturnType<typeof rivalOf> }) => Promise<Samples>} body
 * @returns {Promise<import("../lib/group.mjs").Measured>}
 */
async function onServer(body) {
  if (findKubernetes() === undefined) return { samples: new Map(), skipped: "no kube-apiserver: `npm test -- kubernetes` builds one" };
  const server = await startKubernetes();
  const path = server.kubeconfig("admin", { namespace });
  const backend = kubernetesBackend({ kubeConfig: path });
  try {
    await applyStoreDefinition({ kubeConfig: path });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(path);
    return { samples: await body({ open: () => openStore({ backend, name: "bench" }), path, kubeConfig, rival: rivalOf(kubeConfig) }) };
  } finally {
    await backend.close();
    await server.stop();
  }
}

/** @param {number} count @param {(index: number) => Promise<unknown>} call */
async function inTurn(count, call) {
  for (let index = 0; index < count; index++) await call(index);
}

/** @type {Group} */
const loop = {
  name: "kubernetes: 1,000 writes in a loop",
  does: "a loop overwrites 100 entries of 100 bytes, and all is waited for at its end: what is written while a patch is in flight goes with the next; client-node: a merge patch for each write, one after the other",
  unit: "µs",
  comparisons: [{ against: client }],
  measure: (scale) =>
    onServer(async ({ open, rival }) => {
      const count = scale.quick ? 20 : 1_000;
      // Each takes as long as any other.
      const patches = scale.quick ? 5 : 50;
      const store = await open();
      const write = (/** @type {number} */ index) => store.set(`key:${index % 100}`, valueAt(index));
      for (let index = 0; index < 100; index++) write(index);
      await store.flush();
      await rival.become(await rival.read("bench"));
      const run = () => {
        for (let index = 0; index < count; index++) write(index);
        return store.flush();
      };
      const subjects = {
        [holdall]: { async: true, run },
        [client]: { async: true, count: patches, run: () => inTurn(patches, (index) => rival.patch(`key:${index}`, valueAt(index))) },
      };
      return interleave(subjects, { count, rounds: scale.rounds(15) });
    }),
};

/** What the object holds beside the entry that is written, in bytes of values. */
const sizes = /** @type {const} */ ([
  [10_000, "10 kB"],
  [100_000, "100 kB"],
  [1_000_000, "1 MB"],
]);

/** @type {readonly Group[]} */
const bySize = sizes.map(([bytes, named]) => ({
  name: `kubernetes: a write, each awaited, object of ${named}`,
  does: "one writer overwrites an entry of 100 bytes and waits for each to be durable before the next, in an object that holds other entries of so many bytes in all; client-node: a merge patch of one entry in an object with the same entries",
  unit: "ms",
  comparisons: [{ against: client, atMost: 2 }],
  measure: (/** @type {Scale} */ scale) =>
    onServer(async ({ open, rival }) => {
      const count = scale.quick ? 3 : 20;
      const store = await open();
      const length = Math.min(bytes / 10, 10_000);
      for (let index = 0; index * length < bytes; index++) store.set(`filler:${index}`, "x".repeat(length));
      await store.flush();
      await rival.become(await rival.read("bench"));
      const subjects = {
        [holdall]: { async: true, run: () => inTurn(count, (index) => store.setAndWait("key", valueAt(index))) },
        [client]: { async: true, run: () => inTurn(count, (index) => rival.patch("key", valueAt(index))) },
      };
      return interleave(subjects, { count, rounds: scale.rounds(9) });
    }),
}));

/** @type {Group} */
const heard = {
  name: "kubernetes: from a commit to its event in another process",
  does: "two processes answer each other's commits by a commit of their own, and half of the time from one to the next counts, from the call of `set` to the listener; client-node: from the call that patches one entry of an object of the same kind to the event of a watch on it",
  unit: "ms",
  comparisons: [{ against: watch, atMost: 3 }],
  measure: (scale) =>
    onServer(async ({ open, path, kubeConfig, rival }) => {
      const count = scale.quick ? 6 : 50;
      const store = await open();
      await store.setAndWait("key", "");
      await rival.become(await rival.read("bench"));
      let hear = (/** @type {unknown} */ _) => {};
      /** @param {(index: number) => unknown} act */
      const each = (act) =>
        inTurn(count, (index) => {
          const heard = new Promise((resolve) => {
            hear = resolve;
          });
          return Promise.all([act(index), heard]);
        });
      const collection = `/apis/${place.group}/${place.version}/namespaces/${namespace}/${place.plural}`;
      const selected = { fieldSelector: `metadata.name=${rival.name}` };
      const isBegun = new Promise((resolve) => {
        hear = resolve;
      });
      const watching = await new Watch(kubeConfig).watch(
        collection,
        selected,
        () => hear(undefined),
        () => {},
      );
      // It begins by telling what there is.
      await isBegun;
      try {
        let number = 0;
        const subjects = {
          [holdall]: { async: true, run: () => answerInTurn(store, count) },
          [watch]: { async: true, run: () => each(() => rival.patch("key", valueAt(number++))) },
        };
        return await withEcho("kubernetes", path, () => interleave(subjects, { count, rounds: scale.rounds(15) }));
      } finally {
        watching.abort();
      }
    }),
};

/** @type {readonly Group[]} */
export const kubernetes = [loop, ...bySize, heard];
