/**
 * A process that makes one short run after the other, each in a store of its own that is kept for a moment: `short-runs.ts <place>`. It prints a line for
 * each, and never ends.
 *
 * @module
 */
import { openStore } from "../../../ts/index.js";
import { createRunner } from "../../../ts/workflow/index.js";
import { backendAt, type Place } from "./place.js";

const backend = backendAt(JSON.parse(process.argv[2] ?? "{}") as Place);
const store = await openStore({ backend });
const runner = createRunner({
  store,
  openRun: (name) => openStore({ backend, name }),
  lease: 500,
  retention: { completed: 200 },
  nodes: { one: () => 1 },
});
await runner.upsertGraph("short", { nodes: [{ node_name: "one", identifier: "one" }] });
runner.work();
for (;;) {
  const { done } = await runner.trigger("short");
  await done;
  process.stdout.write("run\n");
}
