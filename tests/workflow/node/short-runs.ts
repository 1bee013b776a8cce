/**
 * A process that makes one short run after the other, each in a store of its own that is kept for a moment: `short-runs.ts <place>`. It prints a line for
 * each, and never ends by itself.
 *
 * @module
 */
import { backendAt, type Place } from "./place.js";
import { openShortRunner } from "./short-runner.js";

const { runner } = await openShortRunner(backendAt(JSON.parse(process.argv[2] ?? "{}") as Place));
await runner.upsertGraph("short", { nodes: [{ node_name: "one", identifier: "one" }] });
runner.work();
for (;;) {
  try {
    const { done } = await runner.trigger("short");
    await done;
  } catch (error) {
    // The other one has run it, and removed it when its time was over, before this one had its turn: on a machine that lets others go first.
    if ((error as { readonly code?: string }).code !== "NOT_FOUND") throw error;
  }
  process.stdout.write("run\n");
}
