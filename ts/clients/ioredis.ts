/**
 * The client of Redis servers, an optional peer: imported when it is first needed, and described by as much of it as is used here, so that the
 * package's types stand without it.
 *
 * @module
 */
import { HoldallError } from "../errors.js";

/** A connection by ioredis. */
export interface RedisClient {
  /** `"ready"` while commands can be sent. */
  readonly status: string;
  /** Connects; resolves when commands can be sent. */
  connect(): Promise<void>;
  /** Closes at once; what waits for an answer is rejected. */
  disconnect(): void;
  /** Hears errors of the connection, which would be printed otherwise, and its end. */
  on(event: "error" | "end", listener: (error: unknown) => void): unknown;
  /** LPUSH: adds at the left, and gives the length. */
  lpush(key: string, text: string): Promise<number>;
  /** LLEN: the length of a list. */
  llen(key: string): Promise<number>;
  /** BRPOP: takes at the right, and waits for it; the key and the text. */
  brpop(key: string, seconds: number): Promise<[string, string] | null>;
  /** BLMOVE: moves from one end of a list to an end of another, and waits for something to move. */
  blmove(source: string, target: string, from: "LEFT" | "RIGHT", to: "LEFT" | "RIGHT", seconds: number): Promise<string | null>;
  /** SET: sets a string, to live for so many milliseconds. */
  set(key: string, text: string, ...life: ["PX", number] | []): Promise<unknown>;
  /** GET: a string. */
  get(key: string): Promise<string | null>;
  /** DEL: removes a key, and gives how many there were. */
  del(key: string): Promise<number>;
  /** EXISTS: how many of the keys are there. */
  exists(key: string): Promise<number>;
  /** CLIENT ID: what names this connection; CLIENT UNBLOCK: ends the waiting of another, and gives how many waited. */
  client(...words: ["ID"] | ["UNBLOCK", number]): Promise<number>;
  /** Gives the client a method for a script, which is sent once for each connection and named by its checksum from then on. */
  defineCommand(name: string, definition: { readonly lua: string; readonly numberOfKeys: number }): void;
}

/** The part of the module that is used. */
export interface RedisClientModule {
  /** The class of connections. */
  readonly Redis: new (
    options: Readonly<Record<string, unknown>>,
  ) => RedisClient;
}

/**
 * Imports ioredis.
 *
 * @throws `CLIENT_MISSING` when it is not installed.
 */
export async function importRedisClient(): Promise<RedisClientModule> {
  try {
    return (await import("ioredis")) as unknown as RedisClientModule;
  } catch (cause) {
    throw new HoldallError("CLIENT_MISSING", "Redis needs the package ioredis, which is not installed: npm install ioredis", { cause });
  }
}
