/**
 * `holdall/backends/redis`: stores in Redis 7 or Valkey, one server or a Cluster, shared by all who open them. Node, with the package `ioredis` (5.4 or later).
 *
 * - **Kept.** To the strength of the server: `capabilities.durability` tells it, `durability` and `replicas` ask for more.
 * - **Shared.** A commit is one script on the server, atomic with its log; other replicas are told of it at once.
 * - **Named.** Each store has its own hash tag, so all of its keys are in one slot of a Cluster, and stores spread over the slots.
 *
 * How a store lies in Redis is described in `ts/backends/redis/layout.ts`; `redis-cli HGETALL 'holdall:{orders}:values'` shows the values of the store `orders`.
 *
 * @module
 */

import type { Backend } from "../backend.js";
import { RedisBackend } from "./backend.js";
import { type RedisOptions, termsOf } from "./options.js";

export type { Backend, LogBounds } from "../backend.js";
export type { RedisClient, RedisClusterClient } from "./client.js";
export type { RedisOptions } from "./options.js";

/**
 * Stores in Redis. Connects when the first store is opened.
 *
 * Opening a store rejects with `UNAVAILABLE` when no server answers, `CLIENT_MISSING` without ioredis, `NOT_SUPPORTED` when the server's `maxmemory-policy` is not `noeviction` or when it does
 * not keep what `durability` asks for, `CORRUPTED` when something else lies under the store's keys, `FORMAT_TOO_NEW`, and `INVALID_ARGUMENT` when the server refuses the user.
 *
 * @throws `INVALID_ARGUMENT` for options of the wrong type, `OUT_OF_RANGE` for numbers that are not positive.
 *
 * @example
 * ```ts
 * import { redis } from "holdall/backends/redis";
 *
 * const backend = redis({ url: "redis://127.0.0.1:6379", durability: "fsync" });
 * ```
 */
export function redis(options: RedisOptions = {}): Backend {
  return new RedisBackend(termsOf(options));
}
