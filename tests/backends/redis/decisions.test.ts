/** What the script decides of random commits is what the model of the ledger comes to: answers, contents, limits, expiry, conflicts. */
import { afterAll, beforeAll, test } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { tryCommits } from "../ledger.trial.js";
import { budget, directTo, urlOf } from "./support.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ durable: false });
});
afterAll(() => server.stop());

/** A store's time never goes back behind that of its last commit: one in the future stands still, and is where a test has put it. */
const future = Date.UTC(2100, 0);

test("random commits come to what the model comes to", async () => {
  const direct = directTo(server);
  let count = 0;
  await tryCommits(
    (commits) => {
      const prefix = `model-${++count}`;
      return {
        backend: redis({ url: urlOf(server), prefix, log: { commits } }),
        setTime: async (time) => void (await direct.hset(`${prefix}:{s}:store`, "time", time)),
      };
    },
    budget("HOLDALL_REDIS_RUNS", 100),
    future,
  );
  direct.disconnect();
});
