/** Stores on Pepr's resource keep what a backend promises, as far as the resource can hold it, for a user who has the manifest's rights. */
import { describe, test } from "vitest";
import { peprCapabilities as capabilities, PeprBackend } from "../../../../ts/backends/kubernetes/pepr/backend.js";
import { openStore } from "../../../../ts/index.js";
import { peprStore } from "../../../../ts/pepr/index.js";
import { type PeprStore, peprStore as peprStoreOnKubernetes } from "../../../../ts/pepr/kubernetes.js";
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

describe("Pepr's face that a module imports, which opens its store by itself", () => {
  let openFace = (_capability: string): PeprStore => {
    throw new Error("there is no resource");
  };
  const create: BackendSuiteOptions["create"] = (clock) => {
    const { uuid } = new Resource();
    const opened: PeprStore[] = [];
    openFace = (capability) => {
      const kubernetes = { kubeConfig: kubeConfig(), clock };
      const face = peprStoreOnKubernetes({ kubernetes, uuid, capability });
      opened.push(face);
      return face;
    };
    return {
      connect: () => new PeprBackend({ kubeConfig: kubeConfig(), uuid, clock }),
      dispose: async () => void (await Promise.all(opened.map((face) => face.close()))),
    };
  };
  // Not on the store that the suite has opened, but beside it: that shows what the capability of its name has in the resource.
  const face = ({ capability = "default" }: { readonly capability?: string }) => openFace(capability);
  for (const { name, run } of peprSuite({ ...options, create, openStore, peprStore: face })) test(name, run);
});
