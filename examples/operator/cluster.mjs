// @ts-check
/**
 * The cluster that the example runs on: the tests' own API server, with the definition of stores, the rights of the operator, and ConfigMaps. With a cluster
 * of your own, `kubectl apply` does what is done here: the package's crd.yaml and rbac.yaml, and operator.yaml.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CoreV1Api, dumpYaml, KubeConfig, KubernetesObjectApi, loadAllYaml } from "@kubernetes/client-node";
import { applyStoreDefinition, storeRole } from "holdall/backends/kubernetes";
import { ensureKubernetes } from "../../scripts/lib/kubernetes.mjs";
import { startKubernetes } from "../../scripts/lib/kubernetes-server.mjs";

/** Where it all happens; operator.yaml says so too. */
export const namespace = "shop";

/** A cluster, and what is done to it by its administrator. */
export class Cluster {
  #server;
  #api;
  #objects;
  /** The kubeconfig of the operator's service account. */
  kubeConfig = "";

  /** @param {import("../../scripts/lib/kubernetes-server.mjs").KubernetesServer} server */
  constructor(server) {
    this.#server = server;
    const admin = new KubeConfig();
    admin.loadFromFile(server.kubeconfig("admin"));
    this.#api = admin.makeApiClient(CoreV1Api);
    this.#objects = KubernetesObjectApi.makeApiClient(admin);
  }

  /** Starts one, which knows stores and the operator. Where there is no API server yet, it is built. */
  static async start() {
    const ensured = await ensureKubernetes();
    if ("why" in ensured) throw new Error(`the operator needs a Kubernetes API server to run on: ${ensured.why}`);
    const server = await startKubernetes();
    try {
      const cluster = new Cluster(server);
      await cluster.#prepare();
      return cluster;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** The address of its API server. */
  get url() {
    return `https://127.0.0.1:${this.#server.port}`;
  }

  async #prepare() {
    await applyStoreDefinition({ kubeConfig: this.#server.kubeconfig("admin") });
    await this.#api.createNamespace({ body: { metadata: { name: namespace } } });
    const manifests = [...loadAllYaml(readFileSync(new URL("operator.yaml", import.meta.url), "utf8")), ...loadAllYaml(storeRole)];
    for (const manifest of manifests) await this.#objects.create({ ...manifest, metadata: { ...manifest.metadata, namespace } });
    // In a pod, the token is where `"in-cluster"` looks for it.
    const body = { spec: { audiences: [], expirationSeconds: 3_600 } };
    const { status } = await this.#api.createNamespacedServiceAccountToken({ name: "operator", namespace, body });
    const tokenFile = join(this.#server.folder, "operator.token");
    writeFileSync(tokenFile, status?.token ?? "", { mode: 0o600 });
    this.kubeConfig = this.#server.kubeconfig("operator", { namespace, tokenFile });
  }

  /**
   * Makes a ConfigMap of the operator's, or changes it; resolves to its version.
   *
   * @param {string} name
   * @param {Record<string, string>} data
   * @returns {Promise<string>}
   */
  async write(name, data) {
    const body = { metadata: { name, labels: { "app.kubernetes.io/managed-by": "holdall-example" } }, data };
    const { items } = await this.#api.listNamespacedConfigMap({ namespace, fieldSelector: `metadata.name=${name}` });
    const { metadata } =
      items.length > 0
        ? await this.#api.replaceNamespacedConfigMap({ name, namespace, body })
        : await this.#api.createNamespacedConfigMap({ namespace, body });
    return metadata?.resourceVersion ?? "";
  }

  /** Deletes a ConfigMap. @param {string} name */
  async remove(name) {
    await this.#api.deleteNamespacedConfigMap({ name, namespace });
  }

  /** The object of the operator's store, as `kubectl get holdallstore operator -o yaml` shows it, but for its log, which is not for people. */
  async yaml() {
    const object = await this.#objects.read({
      apiVersion: "holdall.dev/v1",
      kind: "HoldallStore",
      metadata: { name: "operator", namespace },
    });
    const { managedFields: _, ...metadata } = object.metadata ?? {};
    const { log, ...rest } = /** @type {Record<string, unknown>} */ ({ ...object });
    return `${dumpYaml({ ...rest, metadata }, { lineWidth: -1 })}# and its log of ${Object.keys(/** @type {object} */ (log)).length} commits\n`;
  }

  /** Ends it. */
  stop() {
    return this.#server.stop();
  }
}
