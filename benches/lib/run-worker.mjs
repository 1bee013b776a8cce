/**
 * One process that runs graphs of ten nodes on a Redis Cluster, each run in a store of its own: `node run-worker.mjs PORT NAME`.
 *
 * It prints `ready` when it has run some, measures from when it is told to (a line) until it is told again, and prints as JSON what it did meanwhile.
 *
 * @module
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { openStore } from "holdall";
import { redis } from "holdall/backends/redis";
import { createRunner } from "holdall/workflow";

const [port, name] = process.argv.slice(2);

/** How many runs are under way at once. */
const width = 8;

// As much patience as a machine needs that does other things too.
const backend = redis({ url: `redis://127.0.0.1:${port}`, commandTimeout: 30_000 });
// A list of its own: lists are what a deployment divides among its processes when one is too busy.
const store = await openStore({ backend, name: `list-${name}` });
const ids = Array.from({ length: 10 }, (_, at) => `n${at}`);
const runner = createRunner({
  store,
  openRun: (run) => openStore({ backend, name: `${name}-${run}`, memo: false }),
  nodes: { step: ({ n = 0 }) => ({ n: n + 1 }) },
});
await runner.upsertGraph("ten", {
  nodes: ids.map((identifier, at) => ({ node_name: "step", identifier, next_nodes: ids.slice(at + 1, at + 2) })),
});

let runs = 0;
let isOver = false;
const keepRunning = async () => {
  while (!isOver) {
    const { done } = await runner.trigger("ten");
    await done;
    runs += 1;
  }
};
const lines = createInterface({ input: process.stdin });
const working = Array.from({ length: width }, keepRunning);
while (runs < 2 * width) await new Promise((resolve) => setTimeout(resolve, 10));
console.log("ready");
await once(lines, "line");
const before = { runs, time: performance.now(), cpu: process.cpuUsage() };
await once(lines, "line");
const { user, system } = process.cpuUsage(before.cpu);
console.log(JSON.stringify({ runs: runs - before.runs, milliseconds: performance.now() - before.time, cpu: (user + system) / 1_000 }));
isOver = true;
await Promise.all(working);
await runner.close();
await store.close();
await backend.close();
// A pipe that is only paused can keep a process.
process.stdin.destroy();
