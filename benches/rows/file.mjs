/**
 * Stores in a folder: what a commit costs beside LMDB used directly, both on the disk before they count.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "holdall";
import { file as fileBackend } from "holdall/backends/file";
import { open } from "lmdb";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";
import { makePairs, storeWriter, subjectsOf, workloads, writerGroups } from "../lib/writers.mjs";

/** @typedef {import("../lib/writers.mjs").Writer} Writer */

const client = "lmdb, put and flushed";

/**
 * LMDB as its documents say for durable writes.
 *
 * @param {import("lmdb").RootDatabase} database
 * @returns {Writer}
 */
const lmdbWriter = (database) => ({
  async commit([key, value]) {
    await database.put(key, value);
    await database.flushed;
  },
  async commitAll(pairs) {
    await database.transaction(() => {
      for (const [key, value] of pairs) database.put(key, value);
    });
    await database.flushed;
  },
});

/** @type {readonly import("../lib/group.mjs").Group[]} */
export const file = writerGroups({
  medium: "file",
  client,
  async measure(workload, count, rounds) {
    const folder = await mkdtemp(join(tmpdir(), "holdall-bench-"));
    const backend = fileBackend({ path: join(folder, "ours") });
    const store = await openStore({ backend, name: "bench" });
    const database = open({ path: join(folder, "lmdb") });
    try {
      const writers = { [holdall]: storeWriter(store), [client]: lmdbWriter(database) };
      return await interleave(subjectsOf(workloads[workload], writers, makePairs(count)), { count, rounds });
    } finally {
      await store.close();
      await backend.close();
      await database.close();
      await rm(folder, { recursive: true });
    }
  },
});
