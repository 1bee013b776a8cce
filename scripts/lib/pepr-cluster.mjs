/**
 * What a cluster has in which Pepr runs, on an API server of the tests: its namespace, and the definition of its resource as Pepr's controller applies it.
 *
 * @module
 */

/** @typedef {import("./kubernetes-server.mjs").KubernetesAccess} KubernetesAccess */

/** The namespace of Pepr. */
export const namespace = "pepr-system";

/** The path of its resources. */
export const collection = `/apis/pepr.dev/v1/namespaces/${namespace}/peprstores`;

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

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

/**
 * Brings both to a cluster, and waits until the resource is served.
 *
 * @param {KubernetesAccess} server
 */
export async function preparePepr(server) {
  await makeNamespace(server);
  await define(server);
  while ((await server.request("GET", collection)).status !== 200) await pause();
}

/**
 * Makes Pepr's namespace.
 *
 * @param {KubernetesAccess} server
 */
export async function makeNamespace(server) {
  await server.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
}

/**
 * Defines Pepr's resource; some seconds later it is served.
 *
 * @param {KubernetesAccess} server
 */
export async function define(server) {
  await server.request("POST", definitions, definition);
}

/**
 * Removes the definition, and with it all resources of its kind; resolves when it is gone.
 *
 * @param {KubernetesAccess} server
 */
export async function undefine(server) {
  const path = `${definitions}/${definition.metadata.name}`;
  await server.request("DELETE", path);
  while ((await server.request("GET", path)).status !== 404) await pause();
}
