/**
 * The client, ioredis, described by as much of it as a backend uses, so that a connection or a Cluster of the user's fits, of whichever version.
 *
 * @module
 */

import { importRedisClient } from "../../clients/ioredis.js";

/** Options of ioredis, which are passed on. */
export type ClientOptions = Readonly<Record<string, unknown>>;

/** A connection by ioredis 5.4 or later (`new Redis(…)`). */
export interface RedisClient {
  /** Tells it from a Cluster. */
  readonly isCluster: boolean;
  /** What it was made with. */
  readonly options: object;
  /** Makes another with the same options, but for those given. */
  duplicate(override?: object): RedisClient;
  /** Connects; resolves when commands can be sent. */
  connect(): Promise<void>;
  /** Closes at once. */
  disconnect(): void;
  /** Sends a command, named in lower case; replies are bytes. */
  callBuffer(command: string, ...parameters: unknown[]): Promise<unknown>;
  /** Hears events: `error`, `end`, `smessageBuffer`. */
  on(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** A Cluster by ioredis 5.4 or later (`new Cluster(…)`). */
export interface RedisClusterClient {
  /** Tells it from a connection. */
  readonly isCluster: boolean;
  /** The addresses that serve each slot, the master first. */
  readonly slots: readonly (readonly string[] | undefined)[];
  /** Connections to its servers. */
  nodes(role?: "all" | "master" | "slave"): RedisClient[];
  /** Makes another with the same options, but for those given. */
  duplicate(nodes?: never[], override?: object): RedisClusterClient;
  /** Connects; resolves when it knows which server has which slots. */
  connect(): Promise<void>;
  /** Asks anew which server has which slots. */
  refreshSlotsCache(callback?: (error?: Error | null) => void): void;
  /** Closes at once. */
  disconnect(): void;
  /** Hears events: `error`, `end`. */
  on(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** The part of the module that is used. */
interface RedisModule {
  readonly Redis: new (url: string, options: ClientOptions) => RedisClient;
  readonly Cluster: new (nodes: readonly unknown[], options: ClientOptions) => RedisClusterClient;
}

/**
 * Imports ioredis.
 *
 * @throws `CLIENT_MISSING` when it is not installed.
 */
export async function importClient(): Promise<RedisModule> {
  return (await importRedisClient()) as unknown as RedisModule;
}
