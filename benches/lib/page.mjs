/**
 * What `rows/indexeddb.mjs` runs in a page: `measure(workload, count, rounds)` on `globalThis`, with the samples of each subject.
 *
 * @module
 */
import { openStore } from "holdall";
import { indexedDb } from "holdall/backends/indexeddb";
import { openDB } from "idb";
import { interleave } from "./timing.mjs";
import { makePairs, storeWriter, subjectsOf, workloads } from "./writers.mjs";

/** @typedef {import("./writers.mjs").Writer} Writer */

const strict = /** @type {const} */ ({ durability: "strict" });

/** The library as its documents say, with the durability that we have. @param {import("idb").IDBPDatabase} database @returns {Writer} */
const idbWriter = (database) => {
  const commitAll = (/** @type {readonly import("./writers.mjs").Pair[]} */ pairs) => {
    const transaction = database.transaction("entries", "readwrite", strict);
    for (const [key, value] of pairs) void transaction.store.put(value, key);
    return transaction.done;
  };
  return { commit: (pair) => commitAll([pair]), commitAll };
};

/**
 * @param {keyof typeof workloads} workload
 * @param {number} count
 * @param {number} rounds
 * @param {{ ours: string, client: string }} names
 */
async function measure(workload, count, rounds, { ours, client }) {
  const store = await openStore({ backend: indexedDb({ database: "ours" }), name: "bench" });
  const database = await openDB("idb", 1, { upgrade: (made) => void made.createObjectStore("entries") });
  const writers = { [ours]: storeWriter(store), [client]: idbWriter(database) };
  const samples = await interleave(subjectsOf(workloads[workload], writers, makePairs(count)), { count, rounds });
  await store.close();
  database.close();
  return [...samples];
}

Object.assign(globalThis, { measure });
