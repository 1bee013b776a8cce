/** Stores in Redis keep all that a backend promises, all that `openStore` does, and what Pepr's face does on them. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { RedisBackend } from "../../../ts/backends/redis/backend.js";
import { redis } from "../../../ts/backends/redis/index.js";
import { placeOf } from "../../../ts/backends/redis/layout.js";
import { termsOf } from "../../../ts/backends/redis/options.js";
import { openStore } from "../../../ts/index.js";
import { peprStore } from "../../../ts/pepr/index.js";
import { type BackendSuiteOptions, backendSuite, peprSuite, type SuiteTest, storeSuite } from "../../../ts/testing/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { directTo } from "./support.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

let places = 0;
const options: BackendSuiteOptions = {
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
};

/** Entries live for some milliseconds of the server's own time in these, which may pass between two lines on a busy machine. */
const hasDeadlines = /expire|ttl|deadline|live|time/;

function run(tests: readonly SuiteTest[]): void {
  for (const { name, run } of tests) test(name, { retry: hasDeadlines.test(name) ? 2 : 0 }, run);
}

describe("redis", () => run(backendSuite(options)));

describe.each(["store", "scope", "held scope"] as const)("a %s kept in Redis", (view) => run(storeSuite({ ...options, openStore, view })));

describe("Pepr's face on Redis", () => run(peprSuite({ ...options, openStore, peprStore })));
