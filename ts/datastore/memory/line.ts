/**
 * A line of texts: joined at the end, left at the front, where what comes back goes too. Every operation takes constant time, averaged.
 *
 * @module
 */

/** The most places that may lie empty before the first, before they are given back. */
const mostEmpty = 1_024;

/** Texts in line. */
export class Line {
  /** Those that came back, the first of them last. */
  readonly #returned: string[] = [];
  #joined: string[] = [];
  #head = 0;

  /** How many there are. */
  get length(): number {
    return this.#returned.length + this.#joined.length - this.#head;
  }

  /** Joins at the end. */
  join(text: string): void {
    this.#joined.push(text);
  }

  /** Comes back to the front. */
  comeBack(text: string): void {
    this.#returned.push(text);
  }

  /** The first leaves; `undefined` when there is none. */
  leave(): string | undefined {
    if (this.#returned.length > 0) return this.#returned.pop();
    const text = this.#joined[this.#head];
    if (text === undefined) return undefined;
    this.#joined[this.#head] = "";
    this.#head += 1;
    if (this.#head > mostEmpty && this.#head * 2 > this.#joined.length) {
      this.#joined = this.#joined.slice(this.#head);
      this.#head = 0;
    }
    return text;
  }
}
