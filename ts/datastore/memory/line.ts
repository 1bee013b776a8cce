/**
 * A line of items: joined at the end, left at the front, where what comes back goes too. Every operation takes constant time, averaged.
 *
 * @module
 */

/** The most places that may lie empty before the first, before they are given back. */
const mostEmpty = 1_024;

/** An item in line. */
export interface LineItem {
  /** What it carries. */
  readonly text: string;
  /** How often it was delivered before. */
  readonly delivered: number;
}

/** Items in line. */
export class Line {
  /** Those that came back, the first of them last. */
  readonly #returned: LineItem[] = [];
  #joined: string[] = [];
  #head = 0;

  /** How many there are. */
  get length(): number {
    return this.#returned.length + this.#joined.length - this.#head;
  }

  /** Joins at the end, as an item that was never delivered. */
  join(text: string): void {
    this.#joined.push(text);
  }

  /** Comes back to the front. */
  comeBack(item: LineItem): void {
    this.#returned.push(item);
  }

  /** The first leaves; `undefined` when there is none. */
  leave(): LineItem | undefined {
    if (this.#returned.length > 0) return this.#returned.pop();
    const text = this.#joined[this.#head];
    if (text === undefined) return undefined;
    this.#joined[this.#head] = "";
    this.#head += 1;
    if (this.#head > mostEmpty && this.#head * 2 > this.#joined.length) {
      this.#joined = this.#joined.slice(this.#head);
      this.#head = 0;
    }
    return { text, delivered: 0 };
  }
}
