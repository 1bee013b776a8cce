/**
 * The pauses between tries, which end early when the replica does.
 *
 * @module
 */

import type { Milliseconds } from "../store/types/index.js";

const firstPause: Milliseconds = 20;
const longestPause: Milliseconds = 5_000;

/** The pauses of one replica. */
export class Pauses {
  readonly #running = new Set<() => void>();

  /** Resolves after a pause that grows with the tries, and differs by chance. */
  pause(tries: number): Promise<void> {
    const span = Math.min(firstPause * 2 ** tries, longestPause) * (0.5 + Math.random() / 2);
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
