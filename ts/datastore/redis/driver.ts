/**
 * Queues and a cache on a Redis server.
 *
 * @module
 */
import { HoldallError } from "../../errors.js";
import type { Milliseconds, Timestamp } from "../../store/types/index.js";
import type { Driver, ReservedText, Wait } from "../driver.js";
import { closed, overLength } from "../refusals.js";
import { Keys, type QueueKeys } from "./keys.js";
import type { Command } from "./link.js";
import type { NextLapse } from "./scripts.js";
import { type Looking, Session, type SessionOptions } from "./session.js";

/** The shortest time to let a server wait: older ones round what is less to 0, which is for ever. */
const shortestBlock: Milliseconds = 5;

/** How long to rest before looking again, on a server without memory to wait by BLMOVE. */
const rest: Milliseconds = 250;

/** How long to believe that nothing lapses: a reservation of another process that is made and lapses meanwhile comes to the front so much later. */
const longestCalm: Milliseconds = 250;

/** Of how many queues to keep that. */
const mostCalm = 10_000;

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
  /** Until when nothing lapses in a queue, and nothing that went back is in it, as far as the server has said, by `performance.now()`. */
  readonly #calm = new Map<string, number>();
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
    const [text, next] = await this.#takeFirst(queue, keys);
    if (text !== null) return text;
    // An answer that is lost may have been an item: it is not for us to look again as if there had been none.
    return this.#waitFor({ queue, by, next, isRepeatable: false }, async (link, span) => {
      const popped = await link.wait((client) => client.brpop(keys[0], blockSeconds(span)), span);
      return popped === null ? null : popped[1];
    });
  }

  async reserve(queue: string, visibility: Milliseconds, wait: Wait): Promise<ReservedText | null> {
    const by = deadlineOf(wait);
    const keys = this.#keys.queue(queue);
    this.#reservations += 1;
    const beginning = `${this.#name}:${this.#reservations}`;
    const take = async (): Promise<ReservedText | NextLapse> => {
      const taken = await this.#until(queue, visibility, (client) => client.reserveItem(...keys, beginning, visibility));
      if (typeof taken === "number") return taken;
      const [id, text, deadline, deliveries] = taken;
      return { id, text, deadline, deliveries };
    };
    const reserved = await take();
    if (typeof reserved !== "number") return reserved;
    return this.#waitFor({ queue, by, next: reserved, isRepeatable: true }, async (link, span) => {
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
    return this.#putBack(queue, (client) => client.giveBack(...this.#keys.queue(queue), id));
  }

  async release(queue: string, id: string): Promise<boolean> {
    return this.#putBack(queue, (client) => client.release(...this.#keys.queue(queue), id));
  }

  async reject(queue: string, id: string, to: string): Promise<boolean> {
    return (await this.#run((client) => client.reject(...this.#keys.queue(queue), this.#keys.items(to), id))) === 1;
  }

  async renew(queue: string, id: string, visibility: Milliseconds): Promise<Timestamp | null> {
    return (await this.#until(queue, visibility, (client) => client.renew(...this.#keys.queue(queue), id, visibility))) || null;
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
    this.#calm.clear();
    await session?.end();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.disconnect();
  }

  /**
   * Takes the first item, and tells how soon a reservation lapses. The script that puts back what lapsed first costs the server five times as
   * much as taking alone, so while the server has just said that nothing lapses and nothing went back, nobody asks again.
   */
  async #takeFirst(queue: string, keys: QueueKeys): Promise<[text: string | null, next: NextLapse]> {
    const calm = (this.#calm.get(queue) ?? 0) - performance.now();
    if (calm > 0) return [await this.#run((client) => client.rpop(keys[0])), Math.ceil(calm)];
    // Calls behind this one come after it at the server too.
    this.#keepCalm(queue, longestCalm);
    try {
      const [text, next] = await this.#run((client) => client.takeItem(...keys));
      this.#keepCalm(queue, next < 0 ? longestCalm : Math.min(next, longestCalm));
      return [text, next];
    } catch (error) {
      this.#calm.delete(queue);
      throw error;
    }
  }

  /** Sends what gives a reservation a deadline: when that has come, nobody here believes any more that nothing lapses. */
  async #until<T>(queue: string, visibility: Milliseconds, command: Command<T>): Promise<T> {
    const lapses = performance.now() + visibility;
    try {
      return await this.#run(command);
    } finally {
      const calm = this.#calm.get(queue);
      if (calm !== undefined && calm > lapses) this.#calm.set(queue, lapses);
    }
  }

  /** Sends what puts an item back: nobody here believes any more that nothing went back, not by an answer to a call before this one either. */
  async #putBack(queue: string, command: Command<0 | 1>): Promise<boolean> {
    this.#calm.delete(queue);
    try {
      return (await this.#run(command)) === 1;
    } finally {
      this.#calm.delete(queue);
    }
  }

  #keepCalm(queue: string, span: Milliseconds): void {
    if (this.#calm.size >= mostCalm) this.#calm.clear();
    this.#calm.set(queue, performance.now() + span);
  }

  #open(): Session {
    if (this.#isClosed) throw closed();
    this.#session ??= new Session(this.#options, (queue) => this.#run((client) => client.restoreLapsed(...this.#keys.queue(queue))));
    return this.#session;
  }

  #run<T>(command: Command<T>): Promise<T> {
    return this.#open().run(command);
  }

  async #waitFor<T>(where: Omit<Looking<T>, "look">, look: Looking<T>["look"]): Promise<T | null> {
    return where.by <= performance.now() ? null : this.#open().waitFor({ ...where, look });
  }
}

/** Until when to wait. */
function deadlineOf(wait: Wait): number {
  return wait === undefined ? Number.POSITIVE_INFINITY : performance.now() + wait;
}
