/**
 * What a replica has heard of the backend's store: which one it is, and how far it has come.
 *
 * @module
 */

/** What was heard of a store. */
export class Heard {
  /** The store, by its id. */
  #id: string;
  /** How often it was found to be another than before. */
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

  /** Notes which store it is; whether that is another than before. */
  isReplaced(id: string): boolean {
    if (id === this.#id) return false;
    this.#id = id;
    this.replacements += 1;
    return true;
  }
}
