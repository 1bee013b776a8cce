/** Stores in a browser's database keep all that a backend promises. */
import { deleteDB } from "idb";
import { describe, test } from "vitest";
import { indexedDbCapabilities as capabilities } from "../../../ts/backends/indexeddb/index.js";
import { DatabaseMedium } from "../../../ts/backends/indexeddb/medium.js";
import { LocalBackend } from "../../../ts/backends/local/backend.js";
import { openStore } from "../../../ts/index.js";
import { peprStore } from "../../../ts/pepr/index.js";
import { type BackendSuiteOptions, backendSuite, peprSuite, storeSuite } from "../../../ts/testing/index.js";
import { replaceOn } from "../replacing.js";

let count = 0;

const options: BackendSuiteOptions = {
  capabilities,
  abilities: { clock: true, logCommits: true, formats: true, replace: true },
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
      async replace(name) {
        const medium = await DatabaseMedium.open(database);
        await replaceOn(medium, name);
        await medium.close();
      },
      dispose: () => deleteDB(database),
    };
  },
};

describe("IndexedDB", () => {
  for (const { name, run } of backendSuite(options)) test(name, run);
});

describe.each(["store", "scope", "held scope"] as const)("a %s kept in a browser's database", (view) => {
  for (const { name, run } of storeSuite({ ...options, openStore, view })) test(name, run);
});

describe("Pepr's face on a browser's database", () => {
  for (const { name, run } of peprSuite({ ...options, openStore, peprStore })) test(name, run);
});
