/**
 * The keys on the server, a format that other clients rely on. Names are free text, so what belongs to a queue lies under a kind of its own and never behind
 * the queue's name, where another queue could be.
 *
 * @module
 */

/** The keys of one queue, in the order in which scripts take them. */
export type QueueKeys = readonly [items: string, reserved: string, reservedItems: string];

/** Keys under a prefix. */
export class Keys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The list of a queue: in at the left, out at the right. */
  items(queue: string): string {
    return `${this.#prefix}queue:${queue}`;
  }

  /** All keys of a queue: its list; the ids of reservations by deadline (a sorted set); the payloads by id (a hash). */
  queue(queue: string): QueueKeys {
    return [this.items(queue), `${this.#prefix}reserved:${queue}`, `${this.#prefix}reserved-items:${queue}`];
  }

  /** The string of a value of the cache. */
  cache(key: string): string {
    return `${this.#prefix}cache:${key}`;
  }
}
