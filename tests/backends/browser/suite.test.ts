/** Stores in a browser's database keep all that a backend promises. */
import { deleteDB } from "idb";
import { describe, test } from "vitest";
import { indexedDbCapabilities as capabilities } from "../../../ts/backends/indexeddb/index.js";
import { DatabaseMedium } from "../../../ts/backends/indexeddb/medium.js";
import { LocalBackend } from "../../../ts/backends/local/backend.js";
import { backendSuite } from "../../../ts/testing/index.js";

let count = 0;

const suite = backendSuite({
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true },
  create(clock) {
    const database = `suite-${++count}-${Math.random()}`;
    return {
      connect: ({ logCommits, formats }) =>
        new LocalBackend(
          "indexeddb",
          capabilities,
          () => DatabaseMedium.open(database),
          { clock, ...(logCommits && { log: { commits: logCommits } }) },
          formats,
        ),
      dispose: () => deleteDB(database),
    };
  },
});

describe("IndexedDB", () => {
  for (const { name, run } of suite) test(name, run);
});
