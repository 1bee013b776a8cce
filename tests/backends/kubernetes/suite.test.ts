/** Stores on Kubernetes keep all that a backend promises and all that `openStore` does, for a user who has the manifest's rights. */
import { describe, test } from "vitest";
import { kubernetesCapabilities as capabilities, KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { objectName } from "../../../ts/backends/kubernetes/names.js";
import { openStore } from "../../../ts/index.js";
import { peprStore } from "../../../ts/pepr/index.js";
import { type BackendSuiteOptions, backendSuite, peprSuite, storeSuite } from "../../../ts/testing/index.js";
import { makeNamespace, pathOf, shared } from "./support.js";

const server = shared();
const options: BackendSuiteOptions = {
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true, replace: true },
  async create(clock) {
    const namespace = await makeNamespace(server);
    const kubeConfig = server.kubeconfig("holdall", { namespace });
    return {
      connect({ logCommits, formats }) {
        const log = logCommits === undefined ? {} : { log: { commits: logCommits, bytes: 2 ** 20 } };
        return new KubernetesBackend({ kubeConfig, clock }, { ...log, ...(formats && { formats }) });
      },
      async replace(name) {
        await server.request("DELETE", pathOf(namespace, await objectName(name)));
      },
    };
  },
};

describe("the backend", () => {
  for (const { name, run } of backendSuite(options)) test(name, run);
});

describe.each(["store", "scope", "held scope"] as const)("a %s", (view) => {
  for (const { name, run } of storeSuite({ ...options, openStore, view })) test(name, run);
});

describe("Pepr's face on Kubernetes", () => {
  for (const { name, run } of peprSuite({ ...options, openStore, peprStore })) test(name, run);
});
