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

/** @typedef {import("../lib/writers.mjs").Pair} Pair */
/** @typedef {import("../lib/writers.mjs").Writer} Writer */

const client = "lmdb, put and flushed";
const logged = "lmdb, transactions with a log";

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

/**
 * What a store that others follow needs at least: a version of each entry, which it keeps its creation in, and each commit in a log as well.
 *
 * @param {import("lmdb").RootDatabase} database
 * @returns {Writer}
 */
function loggedWriter(database) {
  const entries = database.openDB({ name: "entries" });
  const log = database.openDB({ name: "log", keyEncoding: "uint32" });
  let version = 0;
  /** @param {readonly Pair[]} pairs */
  const commitAll = async (pairs) => {
    await database.transaction(() => {
      version += 1;
      for (const [key, value] of pairs) entries.put(key, { value, version, created: entries.get(key)?.created ?? version });
      log.put(version, pairs);
    });
    await database.flushed;
  };
  return { commit: (pair) => commitAll([pair]), commitAll };
}

/** @type {readonly import("../lib/group.mjs").Group[]} */
export const file = writerGroups({
  medium: "file",
  client,
  more: [{ against: logged }],
  async measure(workload, count, rounds) {
    const folder = await mkdtemp(join(tmpdir(), "holdall-bench-"));
    const backend = fileBackend({ path: join(folder, "ours") });
    const store = await openStore({ backend, name: "bench" });
    const database = open({ path: join(folder, "lmdb") });
    const loggedDatabase = open({ path: join(folder, "logged") });
    try {
      const writers = { [holdall]: storeWriter(store), [client]: lmdbWriter(database), [logged]: loggedWriter(loggedDatabase) };
      return await interleave(subjectsOf(workloads[workload], writers, makePairs(count)), { count, rounds });
    } finally {
      await store.close();
      await backend.close();
      await database.close();
      await loggedDatabase.close();
      await rm(folder, { recursive: true });
    }
  },
});
