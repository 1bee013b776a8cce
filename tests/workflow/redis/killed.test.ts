/**
 * A process that works on runs is killed with `kill -9` at random moments, on a Redis server: as `tests/workflow/node/killed.test.ts` on files.
 */
import { afterAll, beforeAll, it } from "vitest";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { killAtRandom } from "../node/killing.js";
import { killsOf, workers } from "../node/processes.js";

const started = workers();
const kills = killsOf(6);
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it(
  `${kills} kills at random moments leave each run whole, and all of them complete`,
  () => killAtRandom(started, { url: `redis://127.0.0.1:${server.port}` }, kills),
  240_000 + kills * 60_000,
);
