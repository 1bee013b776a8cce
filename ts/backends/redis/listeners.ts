/**
 * Who listens to which channel. All stores that lie on one server share one connection for it.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { RedisClient } from "./client.js";
import type { Connections } from "./connections.js";

/** Hears a channel. */
export interface Listener {
  /** A message. */
  message(bytes: Uint8Array): void;
  /** The connection has ended; nothing more is heard. */
  end(): void;
}

/** The listeners of one connection, by channel. */
class Switchboard {
  readonly #client: RedisClient;
  readonly #channels = new Map<string, Set<Listener>>();
  #isEnded = false;

  constructor(client: RedisClient) {
    this.#client = client;
    client.on("smessageBuffer", (channel, message) => {
      for (const listener of this.#channels.get(String(channel)) ?? []) listener.message(message as Uint8Array);
    });
    client.on("end", () => {
      this.#isEnded = true;
      const listeners = [...this.#channels.values()].flatMap((set) => [...set]);
      this.#channels.clear();
      for (const listener of listeners) listener.end();
    });
  }

  async join(channel: string, listener: Listener): Promise<() => void> {
    const present = this.#channels.get(channel);
    const listeners = present ?? new Set();
    listeners.add(listener);
    this.#channels.set(channel, listeners);
    const leave = () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#channels.get(channel) !== listeners) return;
      this.#channels.delete(channel);
      // Where it fails the connection has ended, and with it the subscription.
      this.#client.callBuffer("sunsubscribe", channel).catch(() => {});
    };
    try {
      // Again for each listener: it has the answer of the server that it is subscribed, whoever asked before.
      await this.#client.callBuffer("ssubscribe", channel);
    } catch (error) {
      leave();
      throw error;
    }
    if (this.#isEnded) throw new HoldallError("UNAVAILABLE", "The connection to Redis has ended");
    return leave;
  }
}

/** Listening on any channel. */
export class Listeners {
  readonly #connections: Connections;
  readonly #boards = new WeakMap<RedisClient, Switchboard>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /**
   * Listens to a channel, whose name has the hash tag of its store; resolves when nothing that is told from now on is missed.
   *
   * @returns how to leave
   */
  listen(channel: string, listener: Listener): Promise<() => void> {
    return this.#connections.run(channel, (client) => {
      const board = this.#boards.get(client) ?? new Switchboard(client);
      this.#boards.set(client, board);
      return board.join(channel, listener);
    });
  }
}
