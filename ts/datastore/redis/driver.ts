/**
 * Queues and a cache on a Redis server.
 *
 * @module
 */
import { HoldallError } from "../../errors.js";
import type { Milliseconds, Timestamp } from "../../store/types/index.js";
import type { Driver, ReservedText, Wait } from "../driver.js";
import { closed, overLength } from "../refusals.js";
import { Keys } from "./keys.js";
import type { Command } from "./link.js";
import type { NextLapse } from "./scripts.js";
import { type Looking, Session, type SessionOptions } from "./session.js";

/** The shortest time to let a server wait: older ones round what is less to 0, which is for ever. */
const shortestBlock: Milliseconds = 5;

/** How long to rest before looking again, on a server without memory to wait by BLMOVE. */
const rest: Milliseconds = 250;

/** A span as servers take it for waiting. */
const blockSeconds = (span: Milliseconds) => Math.max(Math.ceil(span), shortestBlock) / 1_000;

/** What a driver on Redis is made from. */
export interface RedisDriverOptions extends SessionOptions {
  /** What every key begins with. */
  readonly prefix: string;
}

/** Queues and a cache on Redis. */
export class RedisDriver implements Driver {
  readonly #options: RedisDriverOptions;
  readonly #keys: Keys;
  /** Makes the ids of reservations differ from those of every other DataStore. */
  readonly #name = crypto.randomUUID();
  #reservations = 0;
  #session: Session | undefined;
  #isClosed = false;

  constructor(options: RedisDriverOptions) {
    this.#options = options;
    this.#keys = new Keys(options.prefix);
  }

  async push(queue: string, text: string, maxLength: number | undefined): Promise<number> {
    if (maxLength === undefined) return this.#run((client) => client.lpush(this.#keys.items(queue), text));
    const length = await this.#run((client) => client.pushBounded(...this.#keys.queue(queue), text, maxLength));
    if (length < 0) throw overLength(queue, maxLength);
    return length;
  }

  async length(queue: string): Promise<number> {
    return this.#open().read((client) => client.llen(this.#keys.items(queue)));
  }

  async pop(queue: string, wait: Wait): Promise<string | null> {
    const by = deadlineOf(wait);
    const keys = this.#keys.queue(queue);
    const taken = await this.#run((client) => client.takeItem(...keys));
    if (typeof taken === "string") return taken;
    return this.#waitFor(queue, by, taken, async (link, span) => {
      const popped = await link.wait((client) => client.brpop(keys[0], blockSeconds(span)), span);
      return popped === null ? null : popped[1];
    });
  }

  async reserve(queue: string, visibility: Milliseconds, wait: Wait): Promise<ReservedText | null> {
    const by = deadlineOf(wait);
    const keys = this.#keys.queue(queue);
    this.#reservations += 1;
    const id = `${this.#name}:${this.#reservations}`;
    const take = async (): Promise<ReservedText | NextLapse> => {
      const taken = await this.#run((client) => client.reserveItem(...keys, id, visibility));
      return typeof taken === "number" ? taken : { id, text: taken[0], deadline: taken[1] };
    };
    const reserved = await take();
    if (typeof reserved !== "number") return reserved;
    return this.#waitFor(queue, by, reserved, async (link, span) => {
      try {
        // Moves the first item to where it is: waits for it without taking it, which only the script may do.
        const seen = await link.wait((client) => client.blmove(keys[0], keys[0], "RIGHT", "RIGHT", blockSeconds(span)), span);
        if (seen === null) return null;
      } catch (error) {
        if (!(error instanceof HoldallError && error.code === "QUOTA_EXCEEDED")) throw error;
        await link.rest(Math.min(span, rest));
      }
      const taken = await take();
      return typeof taken === "number" ? null : taken;
    });
  }

  async acknowledge(queue: string, id: string): Promise<boolean> {
    return (await this.#run((client) => client.acknowledge(...this.#keys.queue(queue), id))) === 1;
  }

  async giveBack(queue: string, id: string): Promise<boolean> {
    return (await this.#run((client) => client.giveBack(...this.#keys.queue(queue), id))) === 1;
  }

  async renew(queue: string, id: string, visibility: Milliseconds): Promise<Timestamp | null> {
    return (await this.#run((client) => client.renew(...this.#keys.queue(queue), id, visibility))) || null;
  }

  async write(key: string, text: string, life: Milliseconds | undefined): Promise<void> {
    await this.#run((client) => client.set(this.#keys.cache(key), text, ...(life === undefined ? ([] as const) : (["PX", life] as const))));
  }

  async read(key: string): Promise<string | null> {
    return this.#open().read((client) => client.get(this.#keys.cache(key)));
  }

  async remove(key: string): Promise<boolean> {
    return (await this.#run((client) => client.del(this.#keys.cache(key)))) > 0;
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#open().read((client) => client.exists(this.#keys.cache(key)))) > 0;
  }

  async connect(): Promise<void> {
    await this.#open().connect();
  }

  async disconnect(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.end();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.disconnect();
  }

  #open(): Session {
    if (this.#isClosed) throw closed();
    this.#session ??= new Session(this.#options, (queue) => this.#run((client) => client.restoreLapsed(...this.#keys.queue(queue))));
    return this.#session;
  }

  #run<T>(command: Command<T>): Promise<T> {
    return this.#open().run(command);
  }

  async #waitFor<T>(queue: string, by: number, next: NextLapse, look: Looking<T>["look"]): Promise<T | null> {
    return by <= performance.now() ? null : this.#open().waitFor({ queue, by, next, look });
  }
}

/** Until when to wait. */
function deadlineOf(wait: Wait): number {
  return wait === undefined ? Number.POSITIVE_INFINITY : performance.now() + wait;
}
