/**
 * Queues on a Redis server of one's own: what the DataStore costs beside the client that it stands on, used directly, and beside a library of jobs. All
 * talk to the same server over the loopback, and values are JSON.
 *
 * @module
 */
import { Queue, Worker } from "bullmq";
import { DataStore } from "holdall/datastore";
import { Redis } from "ioredis";
import { startRedis } from "../../scripts/lib/redis-server.mjs";
import { makeSmall } from "../lib/data.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/timing.mjs").Subject} Subject */

const client = "ioredis LPUSH and BRPOP";
const jobs = "bullmq";

/**
 * Who takes part: each way to push an item and to take one, and what has to be closed.
 *
 * @param {number} port
 */
function participants(port) {
  const data = new DataStore({ port });
  const pushing = new Redis({ port });
  const popping = new Redis({ port });
  const jobQueue = new Queue("bench", { connection: { port }, defaultJobOptions: { removeOnComplete: true } });
  return {
    data,
    /** @param {unknown} value */
    lpush: (value) => pushing.lpush("bench:ioredis", JSON.stringify(value)),
    async brpop() {
      const popped = await popping.brpop("bench:ioredis", 10);
      return JSON.parse(popped?.[1] ?? "null");
    },
    /** @param {unknown} value */
    add: (value) => jobQueue.add("item", value),
    /**
     * Runs a worker until it has done so many jobs.
     *
     * @param {number} count
     * @param {number} concurrency
     * @returns {Promise<void>}
     */
    async work(count, concurrency) {
      let left = count;
      /** @type {Worker | undefined} */
      let worker;
      await new Promise((resolve) => {
        worker = new Worker("bench", async ({ data: value }) => value, { connection: { port }, concurrency });
        worker.on("completed", () => {
          left -= 1;
          if (left === 0) resolve(undefined);
        });
      });
      await worker?.close();
    },
    async close() {
      await data.close();
      pushing.disconnect();
      popping.disconnect();
      await jobQueue.close();
    },
  };
}

/** @typedef {ReturnType<typeof participants>} Participants */

/** What pushing and popping are held to. */
const held = [
  { against: client, atMost: 1.3 },
  { against: jobs, atMost: 1 },
];

/**
 * A group of a thousand items, whose subjects share a server that lives as long as it is measured.
 *
 * @param {Omit<Group, "measure" | "unit"> & { subjects: (participants: Participants, count: number) => Record<string, Subject> }} options
 * @returns {Group}
 */
function onServer({ subjects, ...group }) {
  return {
    ...group,
    unit: "µs",
    async measure(scale) {
      const server = await startRedis({ durable: false });
      const all = participants(server.port);
      try {
        const count = scale.quick ? 50 : 1_000;
        return { samples: await interleave(subjects(all, count), { count, rounds: scale.rounds(11) }) };
      } finally {
        await all.close();
        await server.stop();
      }
    },
  };
}

/**
 * @param {number} count
 * @param {(index: number) => unknown} call
 */
const atOnce = (count, call) => Promise.all(Array.from({ length: count }, (_, index) => call(index)));

/**
 * @param {number} count
 * @param {(index: number) => Promise<unknown>} call
 */
async function inTurn(count, call) {
  for (let index = 0; index < count; index++) await call(index);
}

const together = onServer({
  name: "queue: push 1,000 items at once, then pop them at once",
  does: "all pushes are sent without waiting for each other's answers, then all pops; bullmq: all jobs are added, then a worker runs up to 100 at once",
  comparisons: held,
  subjects: ({ data, lpush, brpop, add, work }, count) => ({
    [holdall]: {
      async: true,
      async run() {
        await atOnce(count, (index) => data.queue.push("bench", makeSmall(index)));
        await atOnce(count, () => data.queue.pop("bench"));
      },
    },
    [client]: {
      async: true,
      async run() {
        await atOnce(count, (index) => lpush(makeSmall(index)));
        await atOnce(count, brpop);
      },
    },
    [jobs]: {
      async: true,
      async run() {
        await atOnce(count, (index) => add(makeSmall(index)));
        await work(count, 100);
      },
    },
  }),
});

const beside = onServer({
  name: "queue: one pushes 1,000 items and one pops them, each waiting for each answer",
  does: "a producer and a consumer run beside each other, one call at a time each; bullmq: a producer and a worker, one job at a time each",
  comparisons: held,
  subjects: ({ data, lpush, brpop, add, work }, count) => ({
    [holdall]: {
      async: true,
      run: () =>
        Promise.all([inTurn(count, (index) => data.queue.push("bench", makeSmall(index))), inTurn(count, () => data.queue.pop("bench"))]),
    },
    [client]: {
      async: true,
      run: () => Promise.all([inTurn(count, (index) => lpush(makeSmall(index))), inTurn(count, brpop)]),
    },
    [jobs]: {
      async: true,
      run: () => Promise.all([inTurn(count, (index) => add(makeSmall(index))), work(count, 1)]),
    },
  }),
});

const acknowledged = onServer({
  name: "queue: push 1,000 items, reserve and acknowledge each",
  does: "at least once: ten consumers reserve an item and acknowledge it, one at a time each, while all are pushed; bullmq: a worker runs up to 10 jobs at once",
  comparisons: [{ against: jobs, atMost: 1 }, { against: client }],
  subjects: ({ data, lpush, brpop, add, work }, count) => {
    const consumers = 10;
    const each = count / consumers;
    return {
      [holdall]: {
        async: true,
        run: () =>
          Promise.all([
            atOnce(count, (index) => data.queue.push("bench", makeSmall(index))),
            atOnce(consumers, () =>
              inTurn(each, async () => {
                const reservation = await data.queue.reserve("bench");
                if (reservation !== null) await data.queue.ack(reservation);
              }),
            ),
          ]),
      },
      [client]: {
        async: true,
        run: () => Promise.all([atOnce(count, (index) => lpush(makeSmall(index))), atOnce(consumers, () => inTurn(each, brpop))]),
      },
      [jobs]: {
        async: true,
        run: () => Promise.all([atOnce(count, (index) => add(makeSmall(index))), work(count, consumers)]),
      },
    };
  },
});

/** @type {readonly Group[]} */
export const datastore = [together, beside, acknowledged];
