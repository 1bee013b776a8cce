/** Stores on Pepr's resource keep what a backend promises, as far as the resource can hold it, for a user who has the manifest's rights. */
import { describe, test } from "vitest";
import { peprCapabilities as capabilities, PeprBackend } from "../../../../ts/backends/kubernetes/pepr/backend.js";
import { openStore } from "../../../../ts/index.js";
import { peprStore } from "../../../../ts/pepr/index.js";
import { type BackendSuiteOptions, backendSuite, peprSuite, storeSuite } from "../../../../ts/testing/index.js";
import { kubeConfig, Resource, server } from "./support.js";

const options: BackendSuiteOptions = {
  capabilities,
  abilities: { clock: true, replace: true },
  create(clock) {
    const { uuid, path } = new Resource();
    return {
      connect: () => new PeprBackend({ kubeConfig: kubeConfig(), uuid, clock }),
      async replace() {
        await server.request("DELETE", path);
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

describe("Pepr's face", () => {
  for (const { name, run } of peprSuite({ ...options, openStore, peprStore })) test(name, run);
});
