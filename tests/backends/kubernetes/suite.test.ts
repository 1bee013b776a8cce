/** Stores on Kubernetes keep all that a backend promises, for a user who has the manifest's rights. */
import { describe, test } from "vitest";
import { kubernetesCapabilities as capabilities, KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { backendSuite } from "../../../ts/testing/index.js";
import { makeNamespace, shared } from "./support.js";

const server = shared();
const suite = backendSuite({
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true },
  async create(clock) {
    const namespace = await makeNamespace(server);
    const kubeConfig = server.kubeconfig("holdall", { namespace });
    return {
      connect({ logCommits, formats }) {
        const log = logCommits === undefined ? {} : { log: { commits: logCommits, bytes: 2 ** 20 } };
        return new KubernetesBackend({ kubeConfig, clock }, { ...log, ...(formats && { formats }) });
      },
    };
  },
});

describe("kubernetes", () => {
  for (const { name, run } of suite) test(name, run);
});
