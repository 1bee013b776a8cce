/**
 * Makes a cluster know what a store is.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import { Connection } from "./connection.js";
import type { KubeConfigSource } from "./credentials.js";
import { failureOf } from "./failures.js";
import type { ObjectKind } from "./layout.js";
import { storeDefinition } from "./manifests.js";

const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/holdallstores.holdall.dev";

/** What is applied here: the definition, not what it defines. */
const definitionKind: ObjectKind = {
  api: "apiextensions.k8s.io/v1",
  plural: "customresourcedefinitions",
  definedBy: "it takes Kubernetes 1.16 or later",
  rights: "an administrator",
};

/** How long the cluster may take to serve a new definition. */
const patience: Milliseconds = 30_000;

/**
 * Applies the definition of `HoldallStore` (`crd.yaml`) to a cluster, and waits until it is served. Takes the rights of an administrator; once for
 * a cluster, and again with a release that says so. Where it is there already, nothing changes.
 *
 * @throws `FORBIDDEN`, `UNAVAILABLE`, or what reading the kubeconfig throws.
 *
 * @example
 * ```ts no-run
 * import { applyStoreDefinition } from "holdall/backends/kubernetes";
 *
 * await applyStoreDefinition({ kubeConfig: "admin.kubeconfig" });
 * ```
 */
export async function applyStoreDefinition({ kubeConfig }: { readonly kubeConfig?: KubeConfigSource } = {}): Promise<void> {
  const connection = await Connection.open(kubeConfig, patience);
  try {
    const type = "application/apply-patch+yaml";
    const applied = await connection.send({
      method: "PATCH",
      path: `${path}?fieldManager=holdall&force=true`,
      body: storeDefinition,
      type,
    });
    if (applied.status !== 200 && applied.status !== 201) throw failureOf(applied, definitionKind);
    const began = performance.now();
    while (!(await isServed(connection))) {
      if (performance.now() - began > patience) throw new HoldallError("UNAVAILABLE", "The cluster does not begin to serve HoldallStore");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    connection.close();
  }
}

async function isServed(connection: Connection): Promise<boolean> {
  const { status, text } = await connection.send({ method: "GET", path });
  if (status !== 200) return false;
  // At first they are `null`.
  const conditions = (JSON.parse(text) as { status?: { conditions?: { type: string; status: string }[] | null } }).status?.conditions;
  if (!conditions?.some((condition) => condition.type === "Established" && condition.status === "True")) return false;
  return (await connection.send({ method: "GET", path: "/apis/holdall.dev/v1" })).status === 200;
}
