// @ts-check
/**
 * The pattern accumulator: nodes that run at the same time append to one list. Each reads the list, works a while and writes it back, in `post`; whoever was too late
 * is run again on the list as it is then, so nothing is lost.
 */
import { setTimeout } from "node:timers/promises";
import { createStore } from "holdall";
import { createRunner } from "holdall/workflow";

let begun = 0;

/** @param {string} name */
const collector = (name) => ({
  /** @type {import("holdall/workflow").NodePhases["post"]} */
  post: async (store, { input }) => {
    begun += 1;
    const found = store.get("findings") ?? [];
    await setTimeout(50);
    store.set("findings", [.../** @type {string[]} */ (found), `${name} found ${input.look}`]);
    return { total: store.getAs("findings", "array").length };
  },
});

const runner = createRunner({
  store: createStore(),
  nodes: { north: collector("north"), south: collector("south"), report: { prep: (store) => store.get("findings") } },
});
const look = { look: "${{ inputs.look }}" };
await runner.upsertGraph("search", {
  nodes: [
    { node_name: "north", identifier: "north", inputs: look, next_nodes: ["report"] },
    { node_name: "south", identifier: "south", inputs: look, next_nodes: ["report"] },
    { node_name: "report", identifier: "report" },
  ],
});

const { done } = await runner.trigger("search", { inputs: { look: "water" } });
const { outputs } = await done;
const report = /** @type {string[]} */ (outputs.report);
console.log([...report].sort().join("\n"));
console.log(`2 nodes, ${begun} tries of post, ${report.length} findings`);
await runner.close();
