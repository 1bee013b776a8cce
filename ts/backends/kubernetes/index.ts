/**
 * `holdall/backends/kubernetes`: stores in a cluster, each in an object of its own.
 *
 * @module
 */

import type { Backend } from "../backend.js";
import { KubernetesBackend, type KubernetesOptions } from "./backend.js";

export type { Backend } from "../backend.js";
export type { KubernetesOptions } from "./backend.js";
export type { KubeClusterLike, KubeConfigLike, KubeConfigSource, KubeContextLike } from "./credentials.js";
export { applyStoreDefinition } from "./definition.js";
export { storeDefinition, storeRole } from "./manifests.js";

/**
 * Keeps stores in a Kubernetes cluster: each is an object of the kind `HoldallStore`, whose keys, values, deadlines and tags `kubectl get -o yaml` shows.
 *
 * The cluster has to know the kind (`crd.yaml`, or `applyStoreDefinition`), and who connects needs the rights of `rbac.yaml`. A store is as large as an
 * object may be, about 1.5 MiB with all keys and metadata (`QUOTA_EXCEEDED` beyond), and a commit writes the object as a whole: some ten milliseconds when
 * it is small, some hundred at 1 MiB. So it is for configuration, coordination and the state of operators, in many small stores. What is committed is on
 * disk (`fsync`), and replicated where the cluster's etcd has several members. Time is the API server's, to the second.
 *
 * Needs `@kubernetes/client-node` 1.x, for Node only.
 *
 * @throws nothing here; opening a store rejects with `CLIENT_MISSING` (client-node), `NOT_SUPPORTED` (the definition is missing), `INVALID_ARGUMENT` (the kubeconfig, or no such
 * namespace), `FORBIDDEN`, `QUOTA_EXCEEDED` (the namespace's), `CORRUPTED` or `UNAVAILABLE`.
 *
 * @example
 * ```ts no-run
 * import { kubernetes } from "holdall/backends/kubernetes";
 *
 * const backend = kubernetes({ namespace: "orders" });
 * ```
 */
export function kubernetes(options: KubernetesOptions = {}): Backend {
  return new KubernetesBackend(options);
}
