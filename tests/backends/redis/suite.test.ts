/** Stores in Redis keep all that a backend promises, all that `openStore` does, and what Pepr's face does on them. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisBackend } from "../../../ts/backends/redis/backend.js";
import { type RedisClient, redis } from "../../../ts/backends/redis/index.js";
import { placeOf } from "../../../ts/backends/redis/layout.js";
import { termsOf } from "../../../ts/backends/redis/options.js";
import { openStore } from "../../../ts/index.js";
import { peprStore } from "../../../ts/pepr/index.js";
import { type BackendSuiteOptions, backendSuite, peprSuite, storeSuite } from "../../../ts/testing/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { clocked } from "../../servers/redis-clock.js";
import { directTo, openReplica, put, urlOf } from "./support.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

let places = 0;
const options: BackendSuiteOptions = {
  capabilities: { ...redis().capabilities, durability: "fsync" },
  // The server's own time would not wait for a busy machine: scripts are told that of the suite.
  abilities: { clock: true, logCommits: true, formats: true, replace: true },
  create(clock) {
    const prefix = `suite-${++places}`;
    return {
      connect: ({ logCommits, formats }) => {
        const client = clocked(new Redis({ port: server.port, lazyConnect: true }) as unknown as RedisClient, clock);
        const terms = termsOf({ client, prefix, ...(logCommits && { log: { commits: logCommits } }) });
        return new RedisBackend({ ...terms, ...(formats && { formats }) });
      },
      async replace(name) {
        const client = directTo(server);
        await client.del(...placeOf(prefix, name).keys);
        await client.quit();
      },
    };
  },
};

describe("redis", () => {
  for (const { name, run } of backendSuite(options)) test(name, run);
});

describe.each(["store", "scope", "held scope"] as const)("a %s kept in Redis", (view) => {
  for (const { name, run } of storeSuite({ ...options, openStore, view })) test(name, run);
});

describe("Pepr's face on Redis", () => {
  for (const { name, run } of peprSuite({ ...options, openStore, peprStore })) test(name, run);
});

test("deadlines come by the server's own time", async () => {
  const backend = redis({ url: urlOf(server), prefix: "own-time" });
  const replica = await openReplica(backend);
  await replica.number(put("goes", "1", 30), put("stays", "1", 3_600_000));
  await expect.poll(() => replica.texts()).toEqual({ stays: "1" });
  await backend.close();
});
