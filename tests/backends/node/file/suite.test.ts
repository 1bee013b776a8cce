/** Stores in a folder keep all that a backend promises. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { fileCapabilities as capabilities } from "../../../../ts/backends/file/index.js";
import { FileMedium } from "../../../../ts/backends/file/medium.js";
import { LocalBackend } from "../../../../ts/backends/local/backend.js";
import { openStore } from "../../../../ts/index.js";
import { peprStore } from "../../../../ts/pepr/index.js";
import { type BackendSuiteOptions, backendSuite, peprSuite, storeSuite } from "../../../../ts/testing/index.js";
import { replaceOn } from "../../replacing.js";

const options: BackendSuiteOptions = {
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true, replace: true },
  async create(clock) {
    const path = await mkdtemp(join(tmpdir(), "holdall-file-"));
    return {
      connect: ({ logCommits, formats }) =>
        new LocalBackend(
          "file",
          capabilities,
          () => FileMedium.open(path),
          { clock, ...(logCommits && { log: { commits: logCommits } }) },
          formats,
        ),
      async replace(name) {
        const medium = await FileMedium.open(path);
        await replaceOn(medium, name);
        await medium.close();
      },
      dispose: () => rm(path, { recursive: true }),
    };
  },
};

describe("file", () => {
  for (const { name, run } of backendSuite(options)) test(name, run);
});

describe.each(["store", "scope", "held scope"] as const)("a %s kept in a folder", (view) => {
  for (const { name, run } of storeSuite({ ...options, openStore, view })) test(name, run);
});

describe("Pepr's face on a folder", () => {
  for (const { name, run } of peprSuite({ ...options, openStore, peprStore })) test(name, run);
});
