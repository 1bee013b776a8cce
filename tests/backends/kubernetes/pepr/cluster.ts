/**
 * What a cluster has in which Pepr runs: its namespace, and the definition of its resource; and the rights of the manifest for the user `holdall`.
 *
 * @module
 */

import { peprRole } from "../../../../ts/backends/kubernetes/index.js";
import type { KubernetesAccess } from "../../../servers/kubernetes.js";
import { grant } from "../rights.js";

/** The namespace of Pepr. */
export const namespace = "pepr-system";

/** Pepr's own definition, as its manifest has it. */
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "peprstores.pepr.dev" },
  spec: {
    group: "pepr.dev",
    scope: "Namespaced",
    names: { kind: "PeprStore", plural: "peprstores", singular: "peprstore" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { data: { type: "object", additionalProperties: { type: "string" } } },
          },
        },
      },
    ],
  },
};

/** The path of resources. */
export const collection = `/apis/pepr.dev/v1/namespaces/${namespace}/peprstores`;

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

/** Brings all of it to a cluster, and waits until it is served. */
export async function prepare(server: KubernetesAccess): Promise<void> {
  await server.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  await server.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
  await grant(server, namespace, { name: "holdall-pepr", manifest: peprRole });
  while ((await server.request("GET", collection)).status !== 200) await pause();
}
