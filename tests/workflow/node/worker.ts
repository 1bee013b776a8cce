/**
 * A process that runs graphs of thirty nodes: `worker.ts <task>`, a {@link Task} as JSON. It prints a line for each execution of a node.
 *
 * @module
 */
import { fsyncSync, openSync, writeSync } from "node:fs";
import { openStore } from "../../../ts/index.js";
import { createRunner } from "../../../ts/workflow/index.js";
import { backendAt, type Place } from "./place.js";
import { nodes, template } from "./thirty.js";

/** What a process is to do. */
export interface Task {
  /** Where the store is. */
  readonly place: Place;
  /** The file that executions are written down in. */
  readonly journal: string;
  /** The worker's name. */
  readonly worker: string;
  /** How long its lease is. */
  readonly lease: number;
  /** The runs to see to their ends; those that there are not are triggered. */
  readonly runs: readonly string[];
  /** Takes part in all other runs too, and never ends. */
  readonly stays?: boolean;
}

const { place, journal, worker, lease, runs, stays = false } = JSON.parse(process.argv[2] ?? "{}") as Task;
const written = openSync(journal, "a");
const backend = backendAt(place);
const store = await openStore({ backend });
const runner = createRunner({
  store,
  worker,
  lease,
  concurrency: 4,
  nodes: nodes(({ run, instance }, mark) => {
    writeSync(written, `${run} ${instance} ${mark} ${worker}\n`);
    fsyncSync(written);
    process.stdout.write(`${instance}\n`);
  }),
});
await runner.upsertGraph("thirty", template);
if (stays) {
  runner.work();
  setInterval(() => {}, 60_000);
}
for (const id of runs) {
  const run = runner.inspect(`thirty:${id}`) ? await runner.resume(`thirty:${id}`) : await runner.trigger("thirty", { id });
  await run.done;
}
if (!stays) {
  await runner.close();
  await store.close();
  await backend.close();
}
