/**
 * How many nodes run at once: slots that are taken by who begins one, and given back when it has ended. Who found none is told when one is free.
 *
 * @module
 */

/** Slots for nodes. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** How many are free. */
  get free(): number {
    return this.#free;
  }

  /** Takes some of those that are free. */
  take(count: number): void {
    this.#free -= count;
  }

  /** Gives some back. Those who waited longest hear of it first. */
  give(count: number): void {
    if (count === 0) return;
    this.#free += count;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const tell of waiting) tell();
  }

  /** Tells once when slots are given back. */
  wait(tell: () => void): void {
    this.#waiting.add(tell);
  }

  /** Waits no more. */
  forget(tell: () => void): void {
    this.#waiting.delete(tell);
  }
}
