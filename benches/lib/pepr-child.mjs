/**
 * One process that writes to stores of Pepr modules on an API server, and prints the nanoseconds of each sample as JSON: `node pepr-child.mjs KUBECONFIG
 * ROUNDS`. It is a process of its own, since Pepr's timers and watches never end.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { peprStore } from "holdall/pepr/kubernetes";
import { Capability, Log, PeprModule } from "pepr";
import { bare, own } from "../rows/pepr.mjs";
import { holdall } from "./group.mjs";
import { interleave } from "./timing.mjs";

const [, , kubeConfig = "", rounds = "2"] = process.argv;
process.env.KUBECONFIG = kubeConfig;
Log.level = "silent";

const namespace = "pepr-system";
/** A module of its own for each, so that all resources are alike and nobody waits for another. */
const [ours, theirs, patched] = [randomUUID(), randomUUID(), randomUUID()];

const store = peprStore({ kubernetes: { kubeConfig }, uuid: ours, capability: "bench" });
await store.ready();

const capability = new Capability({ name: "bench", description: "writes", namespaces: [] });
const isLoaded = new Promise((resolve) => capability.Store.onReady(() => resolve(undefined)));
const pepr = { uuid: theirs, onError: "ignore", alwaysIgnore: { namespaces: [] } };
new PeprModule(/** @type {any} */ ({ description: "a bench", pepr }), [capability], { deferStart: true });
await isLoaded;

const config = new KubeConfig();
config.loadFromFile(kubeConfig);
const api = config.makeApiClient(CustomObjectsApi);
const resource = { group: "pepr.dev", version: "v1", namespace, plural: "peprstores" };
const name = `pepr-${patched}-store`;
await api.createNamespacedCustomObject({
  ...resource,
  body: { apiVersion: "pepr.dev/v1", kind: "PeprStore", metadata: { name }, data: { __pepr_do_not_delete__: "k-thx-bye" } },
});

let written = 0;
/** Ten keys in turn, never with the value that they have. */
const next = () => /** @type {const} */ ([`key:${written % 10}`, String(written++)]);

/** @param {(key: string, value: string) => Promise<unknown>} write @param {number} count */
const inTurn = (write, count) => async () => {
  for (let index = 0; index < count; index++) await write(...next());
};

const count = 10;
const samples = await interleave(
  {
    [holdall]: { async: true, run: inTurn((key, value) => store.setItemAndWait(key, value), count) },
    [own]: { async: true, count: 1, run: inTurn((key, value) => capability.Store.setItemAndWait(key, value), 1) },
    [bare]: {
      async: true,
      run: inTurn(
        (key, value) =>
          api.patchNamespacedCustomObject(
            { ...resource, name, body: { data: { [`bench-v2-${key}`]: value } } },
            setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
          ),
        count,
      ),
    },
  },
  { count, rounds: Number(rounds) },
);
process.stdout.write(JSON.stringify([...samples]), () => process.exit(0));
