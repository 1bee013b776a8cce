/**
 * Processes share the nodes of runs on a Redis server, and are killed with `kill -9`: as `tests/workflow/node/killed-workers.test.ts` on files.
 */
import { afterAll, beforeAll, it } from "vitest";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { killWorkersAtRandom } from "../node/killing-workers.js";
import { killsOf, workers } from "../node/processes.js";

const started = workers();
const kills = killsOf(3);
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it(
  `${kills} kills of two workers leave each run whole, and all of them complete`,
  () => killWorkersAtRandom(started, { url: `redis://127.0.0.1:${server.port}` }, kills),
  240_000 + kills * 60_000,
);
