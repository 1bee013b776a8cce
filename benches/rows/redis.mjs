/**
 * Stores on a Redis server of one's own, which flushes each command to its disk: what a commit costs beside ioredis used directly, and how long it takes until
 * another process hears of it.
 *
 * @module
 */
import { openStore } from "holdall";
import { redis as redisBackend } from "holdall/backends/redis";
import { Redis } from "ioredis";
import { startRedis } from "../../scripts/lib/redis-server.mjs";
import { answerInTurn, withEcho } from "../lib/answers.mjs";
import { holdall } from "../lib/group.mjs";
import { interleave } from "../lib/timing.mjs";
import { makePairs, storeWriter, subjectsOf, workloads, writerGroups } from "../lib/writers.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */
/** @typedef {import("../lib/writers.mjs").Writer} Writer */

const client = "ioredis, HSET";
const logged = "ioredis, MULTI of HSET and XADD";
const roundTrip = "a round trip (PING)";

/** A hash alone: no order, no log, and no answer to who wrote it. @param {Redis} connection @returns {Writer} */
const hashWriter = (connection) => ({
  commit: ([key, value]) => connection.hset("bench:hash", key, value),
  commitAll: (pairs) => connection.hset("bench:hash", ...pairs.flat()),
});

/** With the log that others can follow. @param {Redis} connection @returns {Writer} */
const loggedWriter = (connection) => ({
  commit: ([key, value]) => connection.multi().hset("bench:logged", key, value).xadd("bench:log", "*", key, value).exec(),
  commitAll: (pairs) =>
    connection
      .multi()
      .hset("bench:logged", ...pairs.flat())
      .xadd("bench:log", "*", ...pairs.flat())
      .exec(),
});

/**
 * Runs with a store and a connection of ioredis on a server that lives as long.
 *
 * @template Result
 * @param {boolean} durable
 * @param {(store: import("holdall").BackedStore, connection: Redis, port: number) => Promise<Result>} body
 */
async function onServer(durable, body) {
  const server = await startRedis({ durable });
  const backend = redisBackend({ url: `redis://127.0.0.1:${server.port}` });
  const connection = new Redis({ port: server.port });
  try {
    const store = await openStore({ backend, name: "bench" });
    try {
      return await body(store, connection, server.port);
    } finally {
      await store.close();
    }
  } finally {
    await backend.close();
    connection.disconnect();
    await server.stop();
  }
}

const commits = writerGroups({
  medium: "redis",
  client,
  more: [{ against: logged }],
  measure: (workload, count, rounds) =>
    onServer(true, (store, connection) => {
      const writers = { [holdall]: storeWriter(store), [client]: hashWriter(connection), [logged]: loggedWriter(connection) };
      return interleave(subjectsOf(workloads[workload], writers, makePairs(count)), { count, rounds });
    }),
});

/** @type {Group} */
const heard = {
  name: "redis: from a commit to its event in another process",
  does: "two processes answer each other's commits by a commit of their own, and half of the time from one to the next counts, from the call of `set` to the listener; the server keeps nothing on its disk, so that only the ways are measured; so many turns that both processes run compiled code in all rounds that count",
  unit: "µs",
  comparisons: [{ against: roundTrip, atMost: 3 }],
  measure: (scale) =>
    onServer(false, async (store, connection, port) => {
      const count = scale.quick ? 20 : 3_000;
      const ping = async () => {
        for (let turn = 0; turn < count; turn++) await connection.ping();
      };
      const subjects = {
        [holdall]: { async: true, run: () => answerInTurn(store, count) },
        [roundTrip]: { async: true, run: ping },
      };
      return withEcho("redis", String(port), async () => ({ samples: await interleave(subjects, { count, rounds: scale.rounds(15) }) }));
    }),
};

/** @type {readonly Group[]} */
export const redis = [...commits, heard];
