// @ts-check
/**
 * Owns the time of the example: a simulated hour that takes a few seconds, or none, and always runs in the same order. It is also the
 * clock of the store (Holdall's `Clock`: `now`, `setTimer`, `clearTimer`), so that a time to live passes as quickly as the hour does.
 */
import { setImmediate, setTimeout } from "node:timers/promises";

/** @typedef {{ at: number, callback: () => void }} Timer */

/** A clock that jumps from one awaited moment to the next. */
export class SimulatedClock {
  #now;
  #pace;
  /** @type {Timer[]} What is waited for, the soonest first; of the same moment, in the order asked. */
  #timers = [];

  /**
   * @param {number} start The first moment, as `Date.now()` gives it.
   * @param {number} [pace] Real milliseconds per simulated one; 0 for as fast as it goes.
   */
  constructor(start, pace = 0) {
    this.#now = start;
    this.#pace = pace;
  }

  /** The simulated time. */
  now() {
    return this.#now;
  }

  /**
   * Calls back once after a simulated span.
   *
   * @param {() => void} callback
   * @param {number} span
   * @returns {Timer}
   */
  setTimer(callback, span) {
    const timer = { at: this.#now + Math.max(0, span), callback };
    const behind = this.#timers.findIndex((other) => other.at > timer.at);
    this.#timers.splice(behind < 0 ? this.#timers.length : behind, 0, timer);
    return timer;
  }

  /**
   * Forgets a timer.
   *
   * @param {unknown} timer
   */
  clearTimer(timer) {
    const index = this.#timers.indexOf(/** @type {Timer} */ (timer));
    if (index >= 0) this.#timers.splice(index, 1);
  }

  /**
   * Waits for a simulated span.
   *
   * @param {number} span
   * @returns {Promise<void>}
   */
  wait(span) {
    return new Promise((resolve) => this.setTimer(resolve, span));
  }

  /**
   * Waits as long as some work takes: between two spans, always the same for the same work.
   *
   * @param {string} work
   * @param {number} least
   * @param {number} most
   */
  spend(work, least, most) {
    let hash = 0;
    for (const character of work) hash = (Math.imul(hash, 31) + /** @type {number} */ (character.codePointAt(0))) >>> 0;
    return this.wait(least + (hash % (most - least + 1)));
  }

  /**
   * Lets time pass until the work is done.
   *
   * @template T
   * @param {Promise<T>} work
   * @returns {Promise<T>}
   */
  async run(work) {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    const started = { simulated: this.#now, real: performance.now() };
    for (;;) {
      await setImmediate(); // Everything that can go on without time passing has now gone on.
      if (done) return work;
      const timer = this.#timers.shift();
      if (!timer) throw new Error("Nobody waits for the clock, and the work is not done.");
      const ahead = started.real + (timer.at - started.simulated) * this.#pace - performance.now();
      if (ahead >= 1) await setTimeout(ahead);
      this.#now = timer.at;
      timer.callback();
    }
  }
}
