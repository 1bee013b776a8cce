/**
 * The one timer of a store: rings when the next entry expires; and timers that callers wait by.
 *
 * It holds what it rings only weakly, so that a store which nobody holds or hears any more goes away before its entries expire; but firmly while somebody
 * listens, who hears of it even when nobody else holds the store.
 *
 * @module
 */

import type { Clock, Milliseconds, Timestamp } from "./types/index.js";

/** The longest span of a platform's timer; later deadlines are reached in steps. */
const longestSpan = 2 ** 31 - 1;

/** Calls back once after a span, in steps where it is long; returns what forgets it. */
export function after(clock: Clock, span: Milliseconds, callback: () => void): () => void {
  let left = span;
  let timer: unknown;
  // Counted by timers, not by the clock, which may be set.
  const wait = () => {
    const step = Math.min(left, longestSpan);
    left -= step;
    timer = step > 0 ? clock.setTimer(wait, step) : callback();
  };
  wait();
  return () => clock.clearTimer(timer);
}

/** What is called when the time has come. */
export interface Rung {
  /** The next deadline may have passed; sets the alarm again for the one after it. */
  ring(): void;
  /** Whether somebody waits to hear of it. */
  readonly isAwaited: boolean;
}

/** A timer for the next deadline. */
export class Alarm {
  readonly #clock: Clock;
  readonly #rung: WeakRef<Rung>;
  #held: Rung | undefined;
  #timer: unknown;
  #at = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, rung: Rung) {
    this.#clock = clock;
    this.#rung = new WeakRef(rung);
  }

  /** Holds what it rings while somebody waits to hear of it; to be called when that may have changed. */
  hold(): void {
    const rung = this.#rung.deref();
    this.#held = rung?.isAwaited ? rung : undefined;
  }

  /** Rings at a deadline; infinite: not at all. */
  set(deadline: Timestamp): void {
    if (deadline === this.#at) return;
    this.#stop();
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.hold();
    this.#at = deadline;
    this.#timer = this.#clock.setTimer(
      () => {
        this.#timer = undefined;
        this.#at = Number.POSITIVE_INFINITY;
        (this.#held ?? this.#rung.deref())?.ring();
      },
      // By the clock itself: the store's time stands still while a clock that was set back catches up.
      Math.min(Math.max(deadline - this.#clock.now(), 0), longestSpan),
    );
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
