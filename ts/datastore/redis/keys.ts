/**
 * The keys on the server, a format that other clients rely on. Names are free text, so what belongs to a queue lies under a kind of its own and never behind
 * the queue's name, where another queue could be.
 *
 * @module
 */

/** The keys of one queue, in the order in which scripts take them. */
export type QueueKeys = readonly [items: string, reserved: string, reservedItems: string, returned: string];

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

  /**
   * All keys of a queue: its list; the ids of reservations by deadline (a sorted set); the payloads by id (a hash); the tallies of items that went back (a
   * list, in at the right and out at the right).
   */
  queue(queue: string): QueueKeys {
    const of = (kind: string) => `${this.#prefix}${kind}:${queue}`;
    return [this.items(queue), of("reserved"), of("reserved-items"), of("returned")];
  }

  /** The string of a value of the cache. */
  cache(key: string): string {
    return `${this.#prefix}cache:${key}`;
  }
}
