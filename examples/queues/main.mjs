// @ts-check
/**
 * Owns the command: a restaurant whose floor takes orders, and whose kitchen and bar prepare them. One template describes the whole (queues.json); it is cut at its queues,
 * and the graphs on both sides run on stores of their own: they share nothing but the queues, and could as well be on two machines. `--help` says how to run it on Redis.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createStore } from "holdall";
import { DataStore } from "holdall/datastore";
import { consumeQueues, createRunner, mapQueues, queueReader, queueWriter } from "holdall/workflow";
import { ServerError, startOwnRedis } from "../redis/own-server.mjs";

const help = `Two graphs that are joined by queues.

Usage: node examples/queues/main.mjs [options]

  --backend KIND  where the queues are: memory (default) or redis
  --url URL       of the Redis server (default: one of its own, by redis-server)
  --state FOLDER  where a server of its own keeps its data (default: the example's state/)
  --help          this text`;

const menu = [
  { dishes: ["soup", "pasta"], drinks: ["water"] },
  { dishes: ["risotto"], drinks: ["wine", "wine"] },
  { dishes: ["soup", "salad", "cake"], drinks: ["juice", "tea"] },
  { dishes: ["pasta", "pasta"], drinks: ["beer"] },
];

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "memory" },
    url: { type: "string" },
    state: { type: "string", default: fileURLToPath(new URL("state", import.meta.url)) },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(help);
else if (!["memory", "redis"].includes(values.backend)) {
  console.error(`--backend takes memory or redis, not ${values.backend}.`);
  process.exitCode = 2;
} else {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

async function main() {
  const own = values.backend === "redis" && !values.url ? await startOwnRedis(values.state) : undefined;
  const data = values.backend === "redis" ? onRedis(values.url ?? own?.url ?? "") : DataStore.memory();
  try {
    await serve(data);
  } finally {
    await data.close();
    await own?.close();
  }
}

/** @param {DataStore} data */
async function serve(data) {
  const { queues, graphs } = mapQueues("restaurant", JSON.parse(readFileSync(new URL("queues.json", import.meta.url), "utf8")));

  // The floor: each order is a run, which ends with the order in both queues.
  const floor = createRunner({ store: createStore(), nodes: { take: (order) => order, QueueWriter: queueWriter(data, queues) } });
  await floor.upsertGraph("restaurant", /** @type {import("holdall/workflow").GraphTemplate} */ (graphs.restaurant));

  // The other side: each item of a queue triggers a run, and is acknowledged when that has completed.
  const store = createStore();
  const back = createRunner({
    store,
    shared: "prepared",
    nodes: {
      QueueReader: queueReader,
      prepare: {
        post: (_, { input: { table, what } }, { node, shared }) => {
          shared?.set(`${node}:${table}`, what);
          shared?.increment(node);
          return what;
        },
      },
    },
  });
  for (const { graph } of queues) await back.upsertGraph(graph, /** @type {import("holdall/workflow").GraphTemplate} */ (graphs[graph]));
  const consumer = consumeQueues({ runner: back, dataStore: data, queues });

  for (const [at, order] of menu.entries()) {
    const { done } = await floor.trigger("restaurant", { inputs: { table: at + 1, ...order } });
    await done;
  }
  const isPrepared = (/** @type {unknown} */ count) => Number(count) >= menu.length;
  await Promise.all(["prepared:cook", "prepared:pour"].map((key) => store.waitFor(key, isPrepared)));
  await consumer.close();

  for (const [at] of menu.entries()) {
    const [dishes, drinks] = store.getMany([`prepared:cook:${at + 1}`, `prepared:pour:${at + 1}`]);
    console.log(`table ${at + 1}: ${/** @type {string[]} */ (dishes).join(", ")}; ${/** @type {string[]} */ (drinks).join(", ")}`);
  }
  for (const { queue, graph } of queues) console.log(`${queue} → ${graph}: ${await data.queue.length(queue)} left`);
  await floor.close();
  await back.close();
}

/** @param {string} url */
function onRedis(url) {
  const { hostname, port, password } = new URL(url);
  return new DataStore({ host: hostname, port: Number(port || 6379), password: password || undefined, prefix: "holdall-example:" });
}
