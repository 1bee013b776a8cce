/**
 * A cluster in which Pepr runs, with the rights of the manifest for the user `holdall`.
 *
 * @module
 */
import { namespace, preparePepr } from "../../../../scripts/lib/pepr-cluster.mjs";
import { peprRole } from "../../../../ts/backends/kubernetes/index.js";
import type { KubernetesAccess } from "../../../servers/kubernetes.js";
import { grant } from "../rights.js";

export { collection, define, makeNamespace, namespace, undefine } from "../../../../scripts/lib/pepr-cluster.mjs";

/** Brings all of it to a cluster. */
export async function prepare(server: KubernetesAccess): Promise<void> {
  await preparePepr(server);
  await grantRights(server);
}

/** Gives the rights alone. */
export function grantRights(server: KubernetesAccess): Promise<void> {
  return grant(server, namespace, { name: "holdall-pepr", manifest: peprRole });
}
