/**
 * Pepr's store on a Kubernetes API server of one's own (upstream's, with its etcd): what a write that is waited for costs beside Pepr's own and beside the
 * patch that it comes down to.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { findKubernetes } from "../../scripts/lib/kubernetes.mjs";
import { startKubernetes } from "../../scripts/lib/kubernetes-server.mjs";
import { preparePepr } from "../../scripts/lib/pepr-cluster.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */

/** Pepr's own store. */
export const own = "Pepr's own Store";

/** A patch of one key, by the client that Kubernetes has for Node. */
export const bare = "a merge patch by client-node";

/** @type {Group} */
const waiting = {
  name: "Pepr on Kubernetes: setItemAndWait",
  does: "sets one of ten keys and waits until that is seen, one after the other, each on a resource of its own; in Pepr's own store by a whole Pepr module",
  unit: "ms",
  comparisons: [
    { against: own, atMost: 0.02 },
    { against: bare, atMost: 2 },
  ],
  async measure(scale) {
    if (findKubernetes() === undefined) return { samples: new Map(), skipped: "no kube-apiserver: `npm test -- kubernetes` builds one" };
    const server = await startKubernetes();
    try {
      await preparePepr(server);
      const child = join(import.meta.dirname, "..", "lib", "pepr-child.mjs");
      const { stdout } = await promisify(execFile)(process.execPath, [
        "--expose-gc",
        child,
        server.kubeconfig("admin"),
        String(scale.rounds(11)),
      ]);
      return { samples: new Map(JSON.parse(stdout)) };
    } finally {
      await server.stop();
    }
  },
};

/** @type {readonly Group[]} */
export const pepr = [waiting];
