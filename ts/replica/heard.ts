/**
 * What a replica has heard of the backend's store: which one it is, and how far it has come.
 *
 * @module
 */

import type { Head } from "../backends/backend.js";
import { HoldallError } from "../errors.js";

/** What was heard of a store. */
export class Heard {
  /** The store, by its id. */
  #id: string;
  /** How often it was found to be another than before: what its numbers said until then means nothing. */
  replacements = 0;
  /** The last number of it. */
  number = 0;

  constructor(id: string) {
    this.#id = id;
  }

  /** It has come so far, at least. */
  upTo(number: number): void {
    this.number = Math.max(this.number, number);
  }

  /**
   * Refuses another store than the one that was heard of, which the backend has opened in its place: numbers of the one mean something else in the other.
   *
   * @throws `UNAVAILABLE`
   */
  require(id: string): void {
    if (id !== this.#id) throw new HoldallError("UNAVAILABLE", "The store has been replaced, and the other is not loaded yet");
  }

  /** Notes which store it is; whether that is another than before. One that has lost what was applied here is, too. */
  isReplaced({ id, number }: Head, applied = 0): boolean {
    if (id === this.#id && number >= applied) return false;
    this.#id = id;
    this.replacements += 1;
    this.number = number;
    return true;
  }
}
