/**
 * Where figures were taken: the machine and the versions of those compared, without names of hosts or paths.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/lib/run.mjs";

/** Those we are compared with, as packages. */
export const rivals = [
  "lru-cache",
  "quick-lru",
  "@isaacs/ttlcache",
  "node-cache",
  "keyv",
  "cache-manager",
  "unstorage",
  "tinybase",
  "immutable",
  "immer",
  "pepr",
  "lmdb",
  "idb",
  "ioredis",
  "bullmq",
];

/** @param {string} folder */
const versionIn = (folder) => /** @type {{ version: string }} */ (JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).version;

/** The machine, Node and the day, in one line. */
export function machineLine() {
  const model = cpus()[0]?.model.trim() || "unknown processor";
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  return `${availableParallelism()} cores (${model}), ${gibibytes} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node} (V8 ${process.versions.v8}), ${day}`;
}

/** Holdall's version and those of all rivals, in one line. */
export function versionsLine() {
  const versions = rivals.map((name) => `${name} ${versionIn(join(root, "node_modules", name))}`);
  return [`holdall ${versionIn(root)}`, ...versions].join(", ");
}
