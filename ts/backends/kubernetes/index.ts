/**
 * `holdall/backends/kubernetes`: stores in a cluster, each in an object of its own.
 *
 * @module
 */

import type { Backend } from "../backend.js";
import { KubernetesBackend, type KubernetesOptions } from "./backend.js";
import { PeprBackend, type PeprResourceOptions } from "./pepr/backend.js";

export type { Backend } from "../backend.js";
export type { KubernetesOptions } from "./backend.js";
export type { ClusterOptions } from "./cluster.js";
export type {
  KubeAuthConfigLike,
  KubeAuthProviderLike,
  KubeClusterLike,
  KubeConfigLike,
  KubeConfigSource,
  KubeContextLike,
  KubeUserLike,
} from "./credentials.js";
export { applyStoreDefinition } from "./definition.js";
export { peprRole, storeDefinition, storeRole } from "./manifests.js";
export type { PeprResourceOptions } from "./pepr/backend.js";

/**
 * Keeps stores in a Kubernetes cluster: each is an object of the kind `HoldallStore`, whose keys, values, deadlines and tags `kubectl get -o yaml` shows.
 *
 * The cluster has to know the kind (`crd.yaml`, or `applyStoreDefinition`), and who connects needs the rights of `rbac.yaml`. A store is as large as an
 * object may be, about 1.5 MiB with all keys and metadata (`QUOTA_EXCEEDED` beyond), and a commit writes the object as a whole: some ten milliseconds when
 * it is small, some hundred at 1 MiB. So it is for configuration, coordination and the state of operators, in many small stores. What is committed is on
 * disk (`fsync`), and replicated where the cluster's etcd has several members. Time is the API server's, to the second.
 *
 * Who brings etcd back from a backup restarts all processes that have stores open: Kubernetes' versions go back then, which nobody who has seen later ones can tell from an
 * answer that is late, so such a replica shows what was lost and sends nothing that would stand.
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

/**
 * Keeps stores where Pepr keeps those of a module: in the resource `pepr-<uuid>-store`, beside whatever Pepr itself writes there. The name of a store is that of a
 * capability. For Pepr's `Store` interface on it, `peprStore` of `holdall/pepr/kubernetes` opens it by itself; this is for what `openStore` can do beyond
 * that: transactions, conditional writes, watching keys.
 *
 * The resource holds texts without deadlines or metadata (`NOT_SUPPORTED`), 1.5 MiB for all capabilities of a module together (`QUOTA_EXCEEDED`), and of
 * each value only what it is: versions are the same on all replicas that have followed since, and a replica that opens later knows an entry by the last commit.
 * Where the resource is missing it is made as Pepr makes it; the kind has to be defined, as Pepr's controller does when it starts.
 *
 * Needs `@kubernetes/client-node` 1.x, for Node only.
 *
 * @throws `INVALID_ARGUMENT`; opening a store rejects as on {@link kubernetes}, and with `INVALID_ARGUMENT` for the name of a capability that contains `-v2-` or
 * ends in `-v2`, whose keys would be those of another.
 *
 * @example
 * ```ts no-run
 * import { openStore } from "holdall";
 * import { peprResource } from "holdall/backends/kubernetes";
 *
 * const backend = peprResource({ uuid: "20e17cf6-a2e4-46b2-b626-75d88d96c88b" });
 * const hello = await openStore({ backend, name: "hello-pepr" });
 * await hello.update<string>("visits", (visits) => String(Number(visits ?? 0) + 1));
 * ```
 */
export function peprResource(options: PeprResourceOptions): Backend {
  return new PeprBackend(options);
}
