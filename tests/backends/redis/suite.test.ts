/** Stores in Redis keep all that a backend promises. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { RedisBackend } from "../../../ts/backends/redis/backend.js";
import { redis } from "../../../ts/backends/redis/index.js";
import { placeOf } from "../../../ts/backends/redis/layout.js";
import { termsOf } from "../../../ts/backends/redis/options.js";
import { backendSuite } from "../../../ts/testing/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { directTo } from "./support.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

let places = 0;
const suite = backendSuite({
  capabilities: { ...redis().capabilities, durability: "fsync" },
  abilities: { logCommits: true, formats: true, replace: true },
  create() {
    const prefix = `suite-${++places}`;
    return {
      connect: ({ logCommits, formats }) => {
        const terms = termsOf({ url: `redis://127.0.0.1:${server.port}`, prefix, ...(logCommits && { log: { commits: logCommits } }) });
        return new RedisBackend({ ...terms, ...(formats && { formats }) });
      },
      async replace(name) {
        const client = directTo(server);
        await client.del(...placeOf(prefix, name).keys);
        await client.quit();
      },
    };
  },
});

describe("redis", () => {
  // Entries live for some milliseconds of the server's own time here, which may pass between two lines on a busy machine.
  for (const { name, run } of suite) test(name, { retry: 2 }, run);
});
