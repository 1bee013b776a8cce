/**
 * The watches of one object, and who waits for what they have yet to tell.
 *
 * @module
 */

import type { Milliseconds } from "../../store/types/index.js";

/** How long it is waited for states that a watch has yet to tell. */
const patience: Milliseconds = 2_000;

/** What the watches of an object tell. */
export class Telling {
  /** How many watches tell each state. */
  #watches = 0;
  readonly #waiting = new Set<() => void>();

  /** Whether somebody watches. */
  get isWatched(): boolean {
    return this.#watches > 0;
  }

  /** A watch begins, which will tell each state from the one that is known on; gives what it has to call at its end. */
  begin(): () => void {
    this.#watches += 1;
    return () => {
      this.#watches -= 1;
      this.told();
    };
  }

  /** Something has become known. */
  told(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Waits until something is told, as long as somebody watches, and not for long. */
  until(isTold: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.isWatched || isTold()) settle();
      };
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(settle, patience);
      this.#waiting.add(look);
      look();
    });
  }
}
