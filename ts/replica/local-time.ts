/**
 * The host's time as a replica takes it: moved to the backend's, as far as that is known.
 *
 * @module
 */

import type { Clock, Milliseconds } from "../store/types/index.js";

/** A clock that goes as another, by an offset that may change. */
export class LocalTime implements Clock {
  /** How far the backend's clock is ahead of the host's. */
  offset: Milliseconds = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.offset;
  }

  setTimer(callback: () => void, span: Milliseconds): unknown {
    return this.#clock.setTimer(callback, span);
  }

  clearTimer(timer: unknown): void {
    this.#clock.clearTimer(timer);
  }
}
