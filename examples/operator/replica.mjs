// @ts-check
/**
 * One replica of the operator, a process of its own: watches the ConfigMaps of a namespace that are labelled for it and publishes each version. Run as many as
 * you like. Ends at SIGTERM, when what it has in work is settled.
 *
 * Usage: node examples/operator/replica.mjs --name NAME --namespace NAMESPACE --publisher URL [--kubeconfig FILE]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { CoreV1Api, KubeConfig, makeInformer } from "@kubernetes/client-node";
import { openStore } from "holdall";
import { kubernetes } from "holdall/backends/kubernetes";
import { publishTo } from "./publisher.mjs";
import { Reconciler } from "./reconciler.mjs";

/**
 * @import { Configuration } from "./reconciler.mjs"
 * @import { V1ConfigMap } from "@kubernetes/client-node"
 */

/** Which ConfigMaps are the operator's. */
const labelSelector = "app.kubernetes.io/managed-by=holdall-example";

/** After how many milliseconds a watch that failed is begun again. */
const pause = 1_000;

const { values } = parseArgs({
  options: {
    name: { type: "string", default: process.env.HOSTNAME ?? "replica" },
    namespace: { type: "string", default: "default" },
    publisher: { type: "string", default: "" },
    kubeconfig: { type: "string" },
  },
});
const { name: replica, namespace, publisher } = values;

const kubeConfig = new KubeConfig();
if (values.kubeconfig === undefined) kubeConfig.loadFromDefault();
else kubeConfig.loadFromFile(values.kubeconfig);

const store = await openStore({ backend: kubernetes({ kubeConfig, namespace }), name: "operator" });
const api = kubeConfig.makeApiClient(CoreV1Api);
const path = `/api/v1/namespaces/${namespace}/configmaps`;
const informer = makeInformer(kubeConfig, path, () => api.listNamespacedConfigMap({ namespace, labelSelector }), labelSelector);

const reconciler = new Reconciler({
  store,
  replica,
  find(name) {
    const configMap = informer.get(name, namespace);
    return configMap && configurationOf(configMap);
  },
  apply: publishTo(publisher, replica),
  say: (line) => console.log(line),
});

for (const verb of /** @type {const} */ (["add", "update"]))
  informer.on(verb, (configMap) => reconciler.look(configurationOf(configMap).name));
informer.on("delete", (configMap) => {
  const removed = configurationOf(configMap);
  reconciler.remove(removed).catch((error) => console.log(`${removed.name} is not noted as removed: ${error}`));
});
informer.on("error", beginAgain);
await informer.start();
console.log("ready");

let isStopping = false;
process.once("SIGTERM", async () => {
  isStopping = true;
  await informer.stop();
  await reconciler.stop();
  await store.close();
  process.exit(0);
});

/** The informer leaves it to its user what to do when its watch fails. @param {unknown} error */
function beginAgain(error) {
  // That it was stopped is told as a failure too.
  if (isStopping) return;
  console.log(`the watch is begun again: ${error}`);
  setTimeout(() => informer.start().catch(beginAgain), pause);
}

/**
 * What the operator needs of a ConfigMap.
 *
 * @param {V1ConfigMap} configMap
 * @returns {Configuration}
 */
function configurationOf({ metadata, data = {} }) {
  const { name = "", resourceVersion = "", uid = "" } = metadata ?? {};
  return { name, version: resourceVersion, uid, data };
}
