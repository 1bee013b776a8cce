/**
 * When runs are gone to again that could not be gone to: soon at first, then ever later, each time all that go on and are not driven here.
 *
 * @module
 */
import { letExit } from "../clock.js";
import type { Place } from "./place.js";
import { restAfter } from "./retry.js";
import { Timer } from "./timer.js";

/** Has runs gone to again. */
export class Joining {
  readonly #place: Place;
  readonly #timer: Timer;
  /** How often in a row it went wrong, by what could not be gone to. */
  readonly #failures = new Map<string, number>();

  /** @param join - goes to all that goes on */
  constructor(place: Place, join: () => void) {
    this.#place = place;
    this.#timer = new Timer(place.clock, join);
  }

  /** What could not be gone to is gone to later. */
  later(what: string): void {
    this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1);
    const { lease, random } = this.#place;
    // What fails for long has what has just failed wait no longer for that.
    letExit(this.#timer.set(restAfter(Math.min(...this.#failures.values()), lease.span, random)));
  }

  /** It needs no further try. */
  settle(what: string): void {
    this.#failures.delete(what);
  }

  /** Tries nothing any more. */
  end(): void {
    this.#timer.clear();
    this.#failures.clear();
  }
}
