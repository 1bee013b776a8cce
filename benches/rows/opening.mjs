/**
 * A large store in a folder: how long it takes to open, and what it costs to hold, in processes of their own that take turns.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "../../scripts/lib/run.mjs";
import { shuffle } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/group.mjs").Scale} Scale */
/** @typedef {"nanoseconds" | "bytes" | "resident"} Figure */

const client = "lmdb, read into a Map";
const child = fileURLToPath(new URL("../lib/opening-child.mjs", import.meta.url));

/** What each round of each has printed. @type {Promise<readonly (readonly [name: string, figures: Record<Figure, number>])[]> | undefined} */
let printed;

/** Fills both once, and opens each in turns; for all groups together. @param {Scale} scale */
async function open(scale) {
  const folder = await mkdtemp(join(tmpdir(), "holdall-bench-"));
  const size = String(scale.size(1_000_000));
  const runChild = (/** @type {string} */ task) => must(process.execPath, ["--expose-gc", child, task, folder, size], { capture: true });
  try {
    await runChild("fill");
    /** @type {[string, Record<Figure, number>][]} */
    const all = [];
    for (let round = 0; round < (scale.quick ? 1 : 5); round++) {
      for (const [name, task] of shuffle([
        [holdall, "holdall"],
        [client, "lmdb"],
      ])) {
        all.push([name ?? "", JSON.parse((await runChild(task ?? "")).output)]);
      }
    }
    return all;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * @param {Omit<Group, "comparisons" | "measure">} group
 * @param {Figure} figure
 * @returns {Group}
 */
const opening = (group, figure) => ({
  ...group,
  comparisons: [{ against: client }],
  async measure(scale) {
    printed ??= open(scale);
    /** @type {import("../lib/timing.mjs").Samples} */
    const samples = new Map();
    for (const [name, figures] of await printed) samples.set(name, [...(samples.get(name) ?? []), figures[figure]]);
    return { samples };
  },
});

const store = "a store of 1,000,000 entries of 100 bytes on the file backend";

/** @type {readonly Group[]} */
export const openings = [
  opening(
    {
      name: `open ${store}`,
      does: "a new process opens what another has filled, until every entry can be read synchronously; entries go from the file to the engine in parts of 256 KiB, and none is decoded before it is read",
      unit: "ms",
    },
    "nanoseconds",
  ),
  opening(
    {
      name: `memory per entry of ${store}`,
      does: "after it was opened and a full collection: heap, buffers and the engine's whole memory, for keys of 15 and strings of 85 bytes; ours hold them once, as bytes in the engine, with version, times and index, and what LMDB reads is given up part by part",
      unit: "bytes",
    },
    "bytes",
  ),
  opening(
    {
      name: `resident memory per entry of ${store}`,
      does: "the same with the pages of the file that LMDB has mapped, which the system takes back when it needs them",
      unit: "bytes",
    },
    "resident",
  ),
];
