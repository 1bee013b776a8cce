/**
 * One timer at a time, on any clock.
 *
 * @module
 */
import type { Clock, Milliseconds } from "../store/types/index.js";

/** The longest span of one timer. */
export const longestSpan: Milliseconds = 2 ** 31 - 1;

/** One timer at a time, of any length. */
export class Timer {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: unknown;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings after a span (at the latest after one that timers take: who hears it looks again), and not for what was set before. */
  set(span: Milliseconds): unknown {
    this.clear();
    this.#timer = this.#clock.setTimer(
      () => {
        this.#timer = undefined;
        this.#ring();
      },
      Math.min(Math.max(Math.ceil(span), 0), longestSpan),
    );
    return this.#timer;
  }

  /** Does not ring. */
  clear(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
