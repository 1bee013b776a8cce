/**
 * What it costs to hold entries, measured in child processes (`child.mjs`), which take turns.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { must } from "../../scripts/lib/run.mjs";
import { shuffle } from "./data.mjs";

/** @typedef {import("./group.mjs").Measured} Measured */
/** @typedef {"memory" | "collection"} Holding Bytes for each entry, or nanoseconds for a full collection. */

const child = fileURLToPath(new URL("./child.mjs", import.meta.url));

/**
 * A sample of each subject for each round.
 *
 * @param {{ measure: Holding, size: number, rounds: number, subjects: Readonly<Record<string, import("./child.mjs").Holder>> }} options
 * @returns {Promise<Measured>}
 */
export async function inChildren({ measure, size, rounds, subjects }) {
  /** @type {Map<string, number[]>} */
  const samples = new Map(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, holder] of shuffle(Object.entries(subjects))) {
      const { output } = await must(process.execPath, ["--expose-gc", child, measure, holder, String(size)], { capture: true });
      samples.get(name)?.push(Number(output));
    }
  }
  return { samples };
}
