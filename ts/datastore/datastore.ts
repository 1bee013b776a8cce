/**
 * The DataStore: queues and a cache, on Redis or in memory.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import { checkCount, checkOptions } from "./arguments.js";
import { DataStoreCache } from "./cache.js";
import { DataStoreConnection } from "./connection.js";
import type { Driver } from "./driver.js";
import { MemoryDriver } from "./memory/driver.js";
import { DataStoreQueue } from "./queue.js";
import { RedisDriver } from "./redis/driver.js";
import type { DataStoreOptions, MemoryDataStoreOptions } from "./types.js";

/** The driver that `DataStore.memory` hands to the constructor, out of reach of others. */
const drivers = new WeakMap<object, Driver>();

function checkText(label: string, text: unknown): void {
  if (text !== undefined && typeof text !== "string") throw new HoldallTypeError(`${label} must be a string, not ${typeof text}`);
}

/** Where the server is when nothing says so. */
const server = { host: "127.0.0.1", port: 6379, db: 0 };

function driverOf(options: DataStoreOptions): Driver {
  const { host, port, db, password, poolSize = 10, prefix = "datastore:", commandTimeout = 5_000, redis } = options;
  for (const [label, text] of Object.entries({ host, password, prefix })) checkText(label, text);
  if (port !== undefined) checkCount("port", port, 1, 65_535);
  if (db !== undefined) checkCount("db", db, 0);
  checkCount("poolSize", poolSize, 1);
  checkCount("commandTimeout", commandTimeout, 1, 2 ** 31 - 1);
  if (redis !== undefined && (typeof redis !== "object" || redis === null))
    throw new HoldallTypeError("redis must be an object of options");
  if (redis?.keyPrefix !== undefined) throw new HoldallTypeError("redis.keyPrefix cannot be given: what every key begins with is prefix");
  const named = Object.entries({ host, port, db, password }).filter(([, value]) => value !== undefined);
  return new RedisDriver({ client: { ...server, ...redis, ...Object.fromEntries(named) }, poolSize, prefix, commandTimeout });
}

/**
 * Queues and a cache that processes share: on Redis by `new DataStore(…)`, within one process, with the same semantics, by `DataStore.memory()`.
 *
 * On Redis, values are plain JSON under documented keys, so that clients in other languages can take part: a queue is the list
 * `<prefix>queue:<name>` (LPUSH, BRPOP, LLEN), a value of the cache is the string `<prefix>cache:<key>`. Beside a queue, reservations lie in
 * `<prefix>reserved:<name>` (a sorted set of their ids by deadline, in milliseconds) and `<prefix>reserved-items:<name>` (a hash of the payloads by
 * id); how often items were delivered that went back to the queue lies in `<prefix>returned:<name>` (a list, see {@link DataStoreQueue.reserve}). A server from version 6.2 on is needed, Redis or Valkey, that does not evict: `maxmemory-policy noeviction`.
 *
 * Nothing is connected before the first call.
 *
 * @example
 * ```ts
 * import { DataStore } from "holdall/datastore";
 *
 * const data = DataStore.memory(); // or: new DataStore({ host: "redis.internal" })
 * await data.queue.push("mail", { to: "ada" });
 * await data.queue.pop("mail", 5); // { to: "ada" }
 * await data.cache.set("greeting", "hello", 60);
 * await data.cache.get("greeting"); // "hello"
 * await data.close();
 * ```
 */
export class DataStore {
  /** The queues. */
  readonly queue: DataStoreQueue;
  /** The cache. */
  readonly cache: DataStoreCache;
  /** The connection. */
  readonly connection: DataStoreConnection;
  readonly #driver: Driver;

  /**
   * Makes a DataStore on Redis. Needs the package ioredis (5 or 6), which is imported at the first call.
   *
   * @throws `INVALID_ARGUMENT` or `OUT_OF_RANGE` for options that are none.
   */
  constructor(options: DataStoreOptions = {}) {
    checkOptions(options);
    const { maxLength } = options;
    if (maxLength !== undefined) checkCount("maxLength", maxLength, 1);
    this.#driver = drivers.get(options) ?? driverOf(options);
    this.queue = new DataStoreQueue(this.#driver, maxLength);
    this.cache = new DataStoreCache(this.#driver);
    this.connection = new DataStoreConnection(this.#driver);
  }

  /**
   * Makes a DataStore within this process. What it holds stays when its connection is closed, as it would on a server, and goes with `close()`.
   *
   * @throws `INVALID_ARGUMENT` or `OUT_OF_RANGE` for options that are none.
   */
  static memory(options: MemoryDataStoreOptions = {}): DataStore {
    checkOptions(options);
    const { clock, maxLength } = options;
    if (clock !== undefined && typeof clock?.setTimer !== "function") throw new HoldallTypeError("clock must be a clock");
    const given = { maxLength };
    drivers.set(given, new MemoryDriver(clock));
    return new DataStore(given);
  }

  /**
   * Ends it: calls under way get their answers, waiting ones are rejected with `CLOSED`, and so is every later call. Calling it again does nothing.
   */
  async close(): Promise<void> {
    await this.#driver.close();
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
