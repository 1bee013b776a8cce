/** Stores in a folder keep all that a backend promises. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { fileCapabilities as capabilities } from "../../../../ts/backends/file/index.js";
import { FileMedium } from "../../../../ts/backends/file/medium.js";
import { LocalBackend } from "../../../../ts/backends/local/backend.js";
import { backendSuite } from "../../../../ts/testing/index.js";

const suite = backendSuite({
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true },
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
      dispose: () => rm(path, { recursive: true }),
    };
  },
});

describe("file", () => {
  for (const { name, run } of suite) test(name, run);
});
