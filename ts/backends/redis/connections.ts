/**
 * Connections to servers: one to each for commands, one to each for listening, made when they are first needed.
 *
 * Always holds: a connection is never mended and nothing is queued or sent again behind the caller's back. One that breaks fails all that waits for an
 * answer on it, and the next call makes another. So a command that is sent right behind another reaches the same server, and only a replica sends a commit again.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import type { ClientOptions, RedisClient } from "./client.js";
import { failureOf, replyCode } from "./failures.js";
import type { Server, Topology } from "./topology.js";

/** Options that hold for every connection, whatever the user's client was made with. */
function connectionOptions(commandTimeout: Milliseconds, template: RedisClient): ClientOptions {
  const { sentinels } = template.options as { readonly sentinels?: unknown };
  return {
    lazyConnect: true,
    retryStrategy: null,
    reconnectOnError: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    enableAutoPipelining: false,
    // Sentinel's connections check by it that they are to a master.
    enableReadyCheck: sentinels !== undefined && sentinels !== null,
    maxRetriesPerRequest: 0,
    connectTimeout: commandTimeout,
    commandTimeout,
    keyPrefix: "",
    readOnly: false,
    stringNumbers: false,
    protocol: 2,
  };
}

/** How often a call goes to where a server says that a key is now. */
const mostRedirections = 4;

/** Connections to servers, one to each. */
export class Connections {
  readonly #topology: Topology;
  readonly #timeout: Milliseconds;
  readonly #connections = new Map<string, Promise<RedisClient>>();
  readonly #clients = new Set<RedisClient>();
  /** How to give up each. */
  readonly #forget = new WeakMap<RedisClient, () => void>();
  #isClosed = false;

  /** @param timeout - how long a command may take */
  constructor(topology: Topology, timeout: Milliseconds) {
    this.#topology = topology;
    this.#timeout = timeout;
  }

  /** The connection to the server that has a key. */
  #to(key: string): Promise<RedisClient> {
    const server = this.#topology.serverOf(key);
    const present = this.#connections.get(server.address);
    if (present) return present;
    const forget = () => {
      if (this.#connections.get(server.address) === connection) this.#connections.delete(server.address);
    };
    const connection = this.#connect(server, forget);
    this.#connections.set(server.address, connection);
    return connection;
  }

  /**
   * Does something on the connection to the server that has a key. A server that says it does not have the key has done nothing: then it is done where the key is.
   *
   * @throws What `failureOf` makes of a failure.
   */
  async run<T>(key: string, task: (client: RedisClient) => Promise<T>): Promise<T> {
    for (let redirections = 0; ; redirections++) {
      let client: RedisClient | undefined;
      try {
        client = await this.#to(key);
        return await task(client);
      } catch (error) {
        if (error instanceof HoldallError && error.code !== "UNAVAILABLE") throw error;
        const code = replyCode(error);
        if (isUnsent(error) && redirections === 0) {
          this.#drop(client);
          continue;
        }
        // A connection that does not answer, or to what is no master any more, would go on like that.
        if (code === "" || code === "READONLY") this.#drop(client);
        if (code === "MOVED" && redirections < mostRedirections) {
          await this.#topology.moved(key, (error as Error).message.split(" ")[2] ?? "");
          continue;
        }
        if (code === "MOVED" || code === "CLUSTERDOWN" || code === "READONLY" || code === "") await this.#topology.refresh();
        throw failureOf(error);
      }
    }
  }

  /** Closes all of them. */
  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients) client.disconnect();
  }

  /** Closes a connection; the next call makes another. */
  #drop(client: RedisClient | undefined): void {
    if (client === undefined) return;
    client.disconnect();
    this.#forget.get(client)?.();
  }

  /** @param onEnd - called when it has ended, or could not be made */
  async #connect(server: Server, onEnd: () => void): Promise<RedisClient> {
    const client = server.template.duplicate(connectionOptions(this.#timeout, server.template));
    let cause: unknown;
    client.on("error", (error) => {
      cause = error;
    });
    this.#clients.add(client);
    this.#forget.set(client, onEnd);
    const ended = new Promise<never>((_, reject) => {
      client.on("end", () => {
        this.#clients.delete(client);
        onEnd();
        reject(cause ?? new HoldallError("UNAVAILABLE", "The connection to Redis has ended"));
      });
    });
    ended.catch(() => {});
    const timer = setTimeout(() => client.disconnect(), this.#timeout);
    try {
      await Promise.race([client.connect(), ended]);
    } catch (error) {
      client.disconnect();
      throw failureOf(cause ?? error);
    } finally {
      clearTimeout(timer);
    }
    if (this.#isClosed) client.disconnect();
    return client;
  }
}

/** Whether the connection had ended before anything was sent. */
function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable");
}
