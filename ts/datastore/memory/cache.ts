/**
 * The cache in memory: texts with deadlines. A value is gone at its deadline; its memory is given back at the next look, or when values have doubled
 * since those that had lapsed were last removed, so that every write pays for a constant part of that.
 *
 * @module
 */
import type { Clock, Milliseconds, Timestamp } from "../../store/types/index.js";

interface Entry {
  readonly text: string;
  readonly deadline: Timestamp;
}

/** Below so many entries nothing is swept. */
const fewest = 1_024;

/** Texts by key. */
export class MemoryCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #sweepAt = fewest;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets a value. */
  write(key: string, text: string, life: Milliseconds | undefined): void {
    const deadline = life === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() + life;
    this.#entries.set(key, { text, deadline });
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
  }

  /** A value, unless it has lapsed. */
  read(key: string): string | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (entry.deadline > this.#clock.now()) return entry.text;
    this.#entries.delete(key);
    return null;
  }

  /** Removes a value; whether it was there. */
  remove(key: string): boolean {
    return this.read(key) !== null && this.#entries.delete(key);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [key, { deadline }] of this.#entries) if (deadline <= now) this.#entries.delete(key);
    this.#sweepAt = Math.max(fewest, this.#entries.size * 2);
  }
}
