// @ts-check
/**
 * Owns the command: works through a file page by page, with the cursor in the store. It may be killed at any moment, and goes on where it was; when more is added to
 * the file, another start takes what is new. `node examples/batch/main.mjs --help`.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openStore } from "holdall";
import { file } from "holdall/backends/file";
import { createRunner } from "holdall/workflow";
import { batchNodes, pageId } from "./nodes.mjs";

/**
 * @import { Run } from "holdall/workflow"
 * @import { Sums } from "./nodes.mjs"
 */

const help = `Sums up the readings of weather stations, page by page, with the cursor in a Holdall store.

Usage: node examples/batch/main.mjs [options]

  --source FILE   the readings, one JSON object per line (default: the example's readings.jsonl)
  --state FOLDER  where the store is (default: the example's state/)
  --fresh         forgets what was summed up
  --pause MS      how long one conversion takes (default: 2)
  --journal FILE  gets a line for each conversion that is made
  --help          this text`;

const example = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const { values } = parseArgs({
  options: {
    source: { type: "string", default: example("readings.jsonl") },
    state: { type: "string", default: example("state") },
    fresh: { type: "boolean", default: false },
    pause: { type: "string", default: "2" },
    journal: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(help);
else if (!existsSync(values.source)) {
  console.error(`There is no file ${values.source}.`);
  process.exitCode = 2;
} else await main();

async function main() {
  if (values.fresh) rmSync(values.state, { recursive: true, force: true });
  const backend = file({ path: join(values.state, "store") });
  const store = await openStore({ backend, name: "batch" });
  const shared = store.reader().scope("batch");

  /** @type {Run[]} The runs that are to be waited for. */
  const runs = [];
  const nodes = batchNodes({
    trigger: (cursor, source) => runner.trigger("batch", { id: pageId(cursor), inputs: { source }, store: { cursor } }),
    follow: (run) => runs.push(run),
    journal: values.journal,
    pause: () => setTimeout(Number(values.pause)),
  });
  // What was read to its end is looked at again, by a run of another name: there may be more by now.
  const begin = () => {
    const cursor = `${shared.get("cursor") ?? 0}`;
    const id = `${pageId(cursor)}-${Date.now().toString(36)}`;
    return runner.trigger("batch", { id, inputs: { source: resolve(values.source) }, store: { cursor } });
  };
  // A name of its own, so that nobody waits for the lease of a process that was killed; runs of pages are no longer of interest when they have completed.
  const runner = createRunner({ store, worker: "batch", shared: "batch", nodes, retention: { completed: "1m" } });
  await runner.upsertGraph("batch", JSON.parse(readFileSync(new URL("batch.json", import.meta.url), "utf8")));

  const unfinished = [...store.find({ anyTags: ["run:running", "run:failed"], prefix: "run:batch:" })];
  for (const key of unfinished) runs.push(await runner.resume(key.slice("run:".length, -":run".length)));
  if (unfinished.length > 0) console.log(`resuming behind byte ${shared.get("cursor") ?? 0}`);
  else runs.push(await begin());

  let readings = 0;
  // Each run leads to the next, until one finds nothing behind its cursor.
  for (const run of runs) {
    const { outputs } = await run.done;
    const { readings: count = 0 } = /** @type {{ readings?: number }} */ (outputs.sum_up ?? {});
    readings += count;
    if (count > 0) console.log(`${run.id.padEnd(22)} ${count} readings`);
  }
  console.log(`${readings} readings summed up now, of ${relative("", values.source)} to byte ${shared.get("cursor") ?? 0}`);
  for (const [key, { count, sum, least, most }] of /** @type {Iterable<[string, Sums]>} */ (shared.entries({ prefix: "station:" }))) {
    const name = key.slice("station:".length).padEnd(12);
    console.log(
      `  ${name} ${String(count).padStart(4)} readings, ${least.toFixed(1)} to ${most.toFixed(1)} °C, ${(sum / count).toFixed(1)} on average`,
    );
  }
  await runner.close();
  await store.close();
  await backend.close();
}
