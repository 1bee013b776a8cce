/** A store in Redis takes more writes than the server does at once: in step, or not at all, and loses none. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { outruns, patience, writes, writesInStep } from "../pressure.js";
import { urlOf } from "./support.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

test.each([["a small backlog", { maxBacklogBytes: 256 * 1024 }] as const, ["a larger one", { maxBacklogBytes: 4 * 2 ** 20 }] as const])(
  `${writes} writes in step stay within %s, the event loop goes on, and memory stays as it is`,
  async (title, options) => {
    const backend = redis({ url: urlOf(server), prefix: title });
    await writesInStep(backend, options);
    await backend.close();
  },
  patience,
);

test(
  "a loop that outruns the server is refused with BACKLOG_FULL, and loses nothing that was accepted",
  async () => {
    const backend = redis({ url: urlOf(server), prefix: "outrun" });
    await expect(outruns(backend, 64 * 1024)).resolves.toBeUndefined();
    await backend.close();
  },
  patience,
);
