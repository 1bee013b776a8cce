/** Promises of `maxDeliveries` that processes keep: an item that kills each consumer is moved to the dead letters, by count over all of them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { DataStore } from "../../../ts/datastore/index.js";
import { type Programs, programs } from "../../datastore/process.support.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";

let server: RedisServer;
let made: Programs;
beforeAll(async () => {
  server = await startRedis({ durable: false });
  const modules = {
    DataStore: "ts/datastore/index.ts",
    createStore: "ts/index.ts",
    consumeQueues: "ts/workflow/index.ts",
    createRunner: "ts/workflow/index.ts",
  };
  made = await programs(undefined, modules);
});
afterAll(async () => {
  made.remove();
  await server.stop();
});

/** Says what it uses and what it has moved; an item that is deadly it never gets done with. */
const consumer = `
  const use = async ({ item }) => {
    console.log("use", item);
    if (item === "deadly") await new Promise(() => {});
    return item;
  };
  const runner = createRunner({ store: createStore(), nodes: { use } });
  await runner.upsertGraph("g", { nodes: [{ node_name: "use", identifier: "use", inputs: { item: "\${{ inputs.item }}" } }] });
  consumeQueues({
    runner,
    dataStore: new DataStore({ port }),
    queues: [{ queue: "q", graph: "g" }],
    maxDeliveries: 3,
    visibility: 3_000,
    onDeadLetter: ({ value, deliveries, error }) => console.log("moved", value, deliveries, error),
  });`;

it("what each consumer dies of is moved when it was delivered so often, and what lies behind it is dealt with", async () => {
  const data = new DataStore({ port: server.port });
  try {
    for (const item of ["deadly", "a", "b"]) await data.queue.push("q", item);
    const said: string[] = [];
    const lines = async (running: ReturnType<Programs["run"]>, last: string) => {
      for (let line = ""; line !== last; said.push(line)) line = await running.line();
    };
    for (let victims = 0; victims < 3; victims += 1) {
      const victim = made.run(consumer, server.port);
      await lines(victim, "use deadly");
      said.push(...(await victim.kill()));
    }
    const survivor = made.run(consumer, server.port);
    await lines(survivor, "moved deadly 4 undefined");
    for (const healthy of ["use a", "use b"]) if (!said.includes(healthy)) await lines(survivor, healthy);
    await expect.poll(() => server.cli("KEYS", "*")).toBe("datastore:queue:q:dead-letters");
    said.push(...(await survivor.kill()));
    expect([...said].sort()).toEqual(["moved deadly 4 undefined", "use a", "use b", "use deadly", "use deadly", "use deadly"]);
    expect([await data.queue.pop("q:dead-letters", 0), await data.queue.length("q:dead-letters")]).toEqual(["deadly", 0]);
  } finally {
    await data.close();
  }
}, 180_000);

it("what always fails is run as often as it may be by consumers in several processes, and moved once; all else is done", async () => {
  const data = new DataStore({ port: server.port });
  const failing = consumer
    .replace('if (item === "deadly") await new Promise(() => {});', 'if (item % 5 === 0) throw new Error("always");')
    .replace("maxDeliveries: 3,", "maxDeliveries: 3, pause: 20, concurrency: 4, onError: () => {},")
    .replace("visibility: 3_000", "visibility: 60_000")
    .replace(", error }", " }")
    .replace(", error)", ")");
  try {
    const items = Array.from({ length: 60 }, (_, at) => at);
    for (const item of items) await data.queue.push("q", item);
    const running = [1, 2, 3].map(() => made.run(failing, server.port));
    const said: string[] = [];
    const listening = running.map(async (one) => {
      // Until it is killed.
      for (;;) said.push(await one.line());
    });
    const heard = Promise.allSettled(listening);
    const moved = () => said.filter((line) => line.startsWith("moved"));
    await expect.poll(() => moved().length, { timeout: 90_000 }).toBe(12);
    // All that was reserved is done with, and nothing else is there.
    await expect.poll(() => server.cli("KEYS", "*"), { timeout: 90_000 }).toBe("datastore:queue:q:dead-letters");
    await Promise.all(running.map((one) => one.kill()));
    await heard;
    const used = items.map((item) => said.filter((line) => line === `use ${item}`).length);
    expect(used).toEqual(items.map((item) => (item % 5 === 0 ? 3 : 1)));
    expect(moved().sort()).toEqual(
      items
        .filter((item) => item % 5 === 0)
        .map((item) => `moved ${item} 3`)
        .sort(),
    );
  } finally {
    await data.close();
  }
}, 180_000);
