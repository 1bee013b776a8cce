/**
 * Queues and a cache within the process. What it holds stays when it is disconnected, as it would in a server, and goes when it is closed.
 *
 * @module
 */
import { platformClock } from "../../clock.js";
import type { Clock, Milliseconds, Timestamp } from "../../store/types/index.js";
import type { Driver, ReservedText, Wait } from "../driver.js";
import { closed, overLength } from "../refusals.js";
import { MemoryCache } from "./cache.js";
import { MemoryQueue } from "./queue.js";

/** Queues and a cache in memory. */
export class MemoryDriver implements Driver {
  readonly #clock: Clock;
  readonly #cache: MemoryCache;
  readonly #queues = new Map<string, MemoryQueue>();
  #reservations = 0;
  #isClosed = false;

  constructor(clock: Clock = platformClock) {
    this.#clock = clock;
    this.#cache = new MemoryCache(clock);
  }

  async push(queue: string, text: string, maxLength: number | undefined): Promise<number> {
    const target = this.#queue(queue);
    // Whom the item goes to at once has waited in an empty queue; a server counts it in the moment between.
    const length = target.length + 1;
    if (maxLength !== undefined && length > maxLength) throw overLength(queue, maxLength);
    target.push(text);
    return length;
  }

  async length(queue: string): Promise<number> {
    this.#check();
    return this.#queues.get(queue)?.length ?? 0;
  }

  async pop(queue: string, wait: Wait): Promise<string | null> {
    return this.#queue(queue).pop(wait);
  }

  async reserve(queue: string, visibility: Milliseconds, wait: Wait): Promise<ReservedText | null> {
    this.#reservations += 1;
    return this.#queue(queue).reserve(String(this.#reservations), visibility, wait);
  }

  async acknowledge(queue: string, id: string): Promise<boolean> {
    return this.#queue(queue).remove(id) !== undefined;
  }

  async giveBack(queue: string, id: string): Promise<boolean> {
    return this.#queue(queue).giveBack(id);
  }

  async release(queue: string, id: string): Promise<boolean> {
    return this.#queue(queue).release(id);
  }

  async reject(queue: string, id: string, to: string): Promise<boolean> {
    const text = this.#queue(queue).remove(id);
    if (text !== undefined) this.#queue(to).push(text);
    return text !== undefined;
  }

  async renew(queue: string, id: string, visibility: Milliseconds): Promise<Timestamp | null> {
    return this.#queue(queue).renew(id, visibility);
  }

  async write(key: string, text: string, life: Milliseconds | undefined): Promise<void> {
    this.#check();
    this.#cache.write(key, text, life);
  }

  async read(key: string): Promise<string | null> {
    this.#check();
    return this.#cache.read(key);
  }

  async remove(key: string): Promise<boolean> {
    this.#check();
    return this.#cache.remove(key);
  }

  async exists(key: string): Promise<boolean> {
    return (await this.read(key)) !== null;
  }

  async connect(): Promise<void> {
    this.#check();
  }

  async disconnect(): Promise<void> {
    for (const queue of [...this.#queues.values()]) queue.refuse(closed());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.disconnect();
    this.#queues.clear();
  }

  #check(): void {
    if (this.#isClosed) throw closed();
  }

  #queue(name: string): MemoryQueue {
    this.#check();
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const made = new MemoryQueue(this.#clock, () => {
        if (this.#queues.get(name) === made) this.#queues.delete(name);
      });
      queue = made;
      this.#queues.set(name, queue);
    }
    return queue;
  }
}
