/** Stores in memory keep all that a backend promises. */
import { describe, test } from "vitest";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import { memoryCapabilities as capabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { openStore } from "../../ts/index.js";
import { peprStore } from "../../ts/pepr/index.js";
import { type BackendSuiteOptions, backendSuite, peprSuite, storeSuite } from "../../ts/testing/index.js";
import { replaceOn } from "./replacing.js";

const options: BackendSuiteOptions = {
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true, replace: true },
  create(clock) {
    const medium = new MemoryMedium();
    return {
      connect: ({ logCommits, formats }) =>
        new LocalBackend(
          "memory",
          capabilities,
          async () => medium,
          { clock, ...(logCommits && { log: { commits: logCommits } }) },
          formats,
        ),
      replace: (name) => replaceOn(medium, name),
    };
  },
};

describe("memory", () => {
  for (const { name, run } of backendSuite(options)) test(name, run);
});

describe.each(["store", "scope", "held scope"] as const)("a %s kept in memory", (view) => {
  for (const { name, run } of storeSuite({ ...options, openStore, view })) test(name, run);
});

describe("Pepr's store kept in memory", () => {
  for (const { name, run } of peprSuite({ ...options, openStore, peprStore })) test(name, run);
});
