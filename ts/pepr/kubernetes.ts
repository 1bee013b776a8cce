/**
 * Pepr's `Store` on Pepr's own resource in a cluster, for Node.
 *
 * @module
 */
import type { ClusterOptions } from "../backends/kubernetes/cluster.js";
import { PeprBackend, type PeprResourceOptions } from "../backends/kubernetes/pepr/backend.js";
import { HoldallTypeError } from "../errors.js";
import { reportTo } from "../faces/callbacks.js";
import { checkResourceName } from "../faces/pepr-names.js";
import { createStore } from "../index.js";
import { LateItems } from "./late.js";
import { connectTo } from "./link.js";
import { Opening } from "./opening.js";
import { checkCluster, checkFace, checkNames } from "./options.js";
import { PeprStore } from "./store.js";
import { StrictPeprStore } from "./strict.js";
import type { PeprStoreOptions } from "./types.js";

export type { ClusterOptions } from "../backends/kubernetes/cluster.js";
export type {
  KubeAuthConfigLike,
  KubeAuthProviderLike,
  KubeClusterLike,
  KubeConfigLike,
  KubeConfigSource,
  KubeContextLike,
  KubeUserLike,
} from "../backends/kubernetes/credentials.js";
export { PeprStore } from "./store.js";
export { StrictPeprStore } from "./strict.js";

/** Options of `peprStore` on Kubernetes. */
export interface PeprOnKubernetesOptions
  extends Pick<PeprResourceOptions, "uuid" | "resource" | "namespace" | "capabilities">,
    Pick<PeprStoreOptions, "timeout" | "onError" | "clock" | "compat"> {
  /** The name of the capability, as `new Capability({ name })` has it. */
  readonly capability: string;
  /** Which cluster, and who asks. Default: what `kubectl` would use, and in a pod its service account. */
  readonly kubernetes?: ClusterOptions | undefined;
}

const names = ["uuid", "resource", "namespace", "capabilities", "capability", "kubernetes", "timeout", "onError", "clock", "compat"];

/**
 * Makes the store of a capability on the resource that Pepr keeps for its module, `pepr-<uuid>-store` in `pepr-system`: what is there is there, and modules
 * with Pepr's own store and with this one can run on it at the same time.
 *
 * It is there at once and opens by itself. Before it is ready reads see what was written here, and writes are done when it opens; `onReady` and
 * `ready()` tell when that is. An API server that cannot be reached is tried again (a `TIMEOUT` has the reason as its `cause`). So is one that does not know who
 * asks (`401`), which `onError` hears once; and one where Pepr's resource is not defined (`NOT_SUPPORTED`), which `onError` hears once when that has lasted ten seconds: Pepr's
 * controller defines it and starts the module in the same moment, and a cluster takes some seconds for that. Anything else that prevents it (`CLIENT_MISSING`,
 * `FORBIDDEN`, `INVALID_ARGUMENT` for a kubeconfig or a namespace, `CORRUPTED`, `FORMAT_TOO_NEW`) goes to `onError`, and to all who wait and all who call later. A wait resolves as soon as the write is durable: some ten milliseconds. `close()` flushes, and ends the connection.
 *
 * With `compat: "strict"` it behaves as Pepr's own to the last quirk ({@link StrictPeprStore}): what was written is read when the resource has it, which waits
 * wait for 15 seconds whatever `timeout` says, and `onReady` runs when the resource has been read for the first time. What prevents that goes to `onError` alone.
 *
 * Needs `@kubernetes/client-node` 1.x.
 *
 * @throws `INVALID_ARGUMENT` for what is no option too; also for a capability whose name contains `-v2-` or ends in `-v2`: its keys would be those of another.
 *
 * @example
 * ```ts no-run
 * import { Capability } from "pepr";
 * import { peprStore } from "holdall/pepr/kubernetes";
 *
 * const uuid = "20e17cf6-a2e4-46b2-b626-75d88d96c88b"; // `pepr.uuid` of the module's package.json
 * export const Hello = new Capability({ name: "hello", description: "counts", namespaces: [] });
 * Hello.Store = peprStore({ uuid, capability: "hello" });
 *
 * await Hello.Store.setItemAndWait("greeted", "yes");
 * ```
 */
export function peprStore(options: PeprOnKubernetesOptions & { readonly compat: "strict" }): StrictPeprStore;
/** The same without Pepr's quirks. */
export function peprStore(options: PeprOnKubernetesOptions & { readonly compat?: undefined }): PeprStore;
/** One or the other, as the options say. */
export function peprStore(options: PeprOnKubernetesOptions): PeprStore | StrictPeprStore;
export function peprStore(options: PeprOnKubernetesOptions): PeprStore | StrictPeprStore {
  checkNames("options", options, names);
  const { capability, kubernetes = {}, uuid, resource, namespace, capabilities, compat, clock, onError } = options;
  if (typeof capability !== "string" || capability === "") throw new HoldallTypeError("capability must be a string that is not empty");
  if (compat !== undefined && compat !== "strict") throw new HoldallTypeError('compat must be "strict" or left out');
  checkResourceName(capability);
  checkCluster(kubernetes);
  checkFace(options);
  const report = reportTo(onError);
  const opening = new Opening(new PeprBackend({ ...kubernetes, uuid, resource, namespace, capabilities }), capability, report);
  if (compat === "strict") return new StrictPeprStore({ clock, connect: connectTo(opening.store, report, () => opening.close()) });
  const items = new LateItems(opening.store, createStore({ clock, onError }), report);
  return new PeprStore({ items, opened: items.opened, delay: () => opening.trouble, release: () => opening.close() }, options);
}
