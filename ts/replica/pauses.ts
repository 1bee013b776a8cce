/**
 * The pauses between tries, which end early when who tries does.
 *
 * @module
 */

import type { Milliseconds } from "../store/types/index.js";

/** The pauses of one who tries. */
export class Pauses {
  readonly #first: Milliseconds;
  readonly #longest: Milliseconds;
  readonly #running = new Set<() => void>();

  constructor(first: Milliseconds, longest: Milliseconds) {
    this.#first = first;
    this.#longest = longest;
  }

  /** Resolves after a pause that grows with the tries, and differs by chance. */
  pause(tries: number): Promise<void> {
    const span = Math.min(this.#first * 2 ** tries, this.#longest) * (0.5 + Math.random() / 2);
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#running.delete(end);
        resolve();
      };
      // It may keep a process alive: there is something that is not safe yet.
      const timer = setTimeout(end, span);
      this.#running.add(end);
    });
  }

  /** Ends all that are running. */
  end(): void {
    for (const end of this.#running) end();
  }
}
