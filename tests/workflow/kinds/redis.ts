/**
 * Stores in a Redis server, whose scripts go by the clock of the test.
 *
 * @module
 */
import { Redis } from "ioredis";
import { afterAll, afterEach } from "vitest";
import type { Backend } from "../../../ts/backends/backend.js";
import { type RedisClient, redis } from "../../../ts/backends/redis/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { clocked } from "../../servers/redis-clock.js";
import { backed, type StoreKind } from "./kind.js";

let server: Promise<RedisServer> | undefined;
const backends: Backend[] = [];
let count = 0;

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.close();
});

afterAll(async () => (await server)?.stop());

/** The kinds of stores here. */
export const storeKinds: readonly StoreKind[] = [
  backed("a store in Redis", async (clock) => {
    server ??= startRedis({ durable: false });
    count += 1;
    const client = new Redis({ port: (await server).port, lazyConnect: true });
    const backend = redis({ client: clocked(client as unknown as RedisClient, clock), prefix: `runs-${count}` });
    backends.push(backend);
    return backend;
  }),
];
