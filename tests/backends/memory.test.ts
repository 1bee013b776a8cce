/** Stores in memory keep all that a backend promises. */
import { describe, test } from "vitest";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import { memoryCapabilities as capabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { backendSuite } from "../../ts/testing/index.js";

const suite = backendSuite({
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true },
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
    };
  },
});

describe("memory", () => {
  for (const { name, run } of suite) test(name, run);
});
