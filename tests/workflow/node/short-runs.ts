/**
 * A process that makes one short run after the other, each in a store of its own that is kept for a moment: `short-runs.ts <place>`. It prints a line for
 * each, and never ends.
 *
 * @module
 */
import { backendAt, type Place } from "./place.js";
import { openShortRunner } from "./short-runner.js";

const { runner } = await openShortRunner(backendAt(JSON.parse(process.argv[2] ?? "{}") as Place));
await runner.upsertGraph("short", { nodes: [{ node_name: "one", identifier: "one" }] });
runner.work();
for (;;) {
  const { done } = await runner.trigger("short");
  await done;
  process.stdout.write("run\n");
}
