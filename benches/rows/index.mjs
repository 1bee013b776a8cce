/**
 * All groups of rows, in the order of the table.
 *
 * @module
 */
import { clones } from "./clones.mjs";
import { datastore } from "./datastore.mjs";
import { expiry } from "./expiry.mjs";
import { file } from "./file.mjs";
import { indexedDb } from "./indexeddb.mjs";
import { listeners } from "./listeners.mjs";
import { listing } from "./listing.mjs";
import { memory } from "./memory.mjs";
import { merge } from "./merge.mjs";
import { openings } from "./opening.mjs";
import { pepr } from "./pepr.mjs";
import { reads } from "./reads.mjs";
import { redis } from "./redis.mjs";
import { snapshots } from "./snapshots.mjs";
import { transactions } from "./transactions.mjs";
import { writes } from "./writes.mjs";

/** @type {readonly import("../lib/group.mjs").Group[]} */
export const groups = [
  ...reads,
  ...writes,
  ...expiry,
  ...listing,
  ...clones,
  ...merge,
  ...transactions,
  ...listeners,
  ...snapshots,
  ...memory,
  ...file,
  ...indexedDb,
  ...redis,
  ...openings,
  ...datastore,
  ...pepr,
];
