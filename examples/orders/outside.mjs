// @ts-check
/** Owns what the simulated systems of other companies share: books of their own on the disk, the time that they take, and failures that may pass. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";

/** @typedef {(work: string, signal?: AbortSignal) => Promise<void>} Slowness Waits as long as some work takes. */

/** A failure of another system that may be gone at the next try. */
export class PassingFailure extends Error {}

/**
 * Lines that are only ever added, in a file, or in memory without one. Each is one write, so that a process that is killed leaves it whole or not at all.
 *
 * @template Entry
 */
export class Journal {
  #path;
  /** @type {Entry[]} */
  #entries = [];
  /** How much of the file has been read, in bytes. */
  #end = 0;

  /** @param {string} [path] */
  constructor(path) {
    this.#path = path;
  }

  /**
   * What was added: by this process, by those before it, and by one that is about to end.
   *
   * @type {readonly Entry[]}
   */
  get entries() {
    if (this.#path !== undefined && existsSync(this.#path)) {
      const news = readFileSync(this.#path).subarray(this.#end);
      const whole = news.subarray(0, news.lastIndexOf("\n") + 1);
      this.#end += whole.length;
      for (const line of whole.toString().split("\n")) if (line !== "") this.#entries.push(JSON.parse(line));
    }
    return this.#entries;
  }

  /** @param {Entry} entry */
  add(entry) {
    if (this.#path === undefined) {
      this.#entries.push(entry);
      return;
    }
    mkdirSync(dirname(this.#path), { recursive: true });
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }
}

/**
 * How slow the other systems are: from half to one and a half times the average, always the same for the same work.
 *
 * @param {number} average In milliseconds.
 * @returns {Slowness}
 */
export function slowness(average) {
  return async (work, signal) => {
    let hash = 0;
    for (const character of work) hash = (Math.imul(hash, 31) + /** @type {number} */ (character.codePointAt(0))) >>> 0;
    await setTimeout(average * (0.5 + (hash % 1000) / 1000), undefined, { signal });
  };
}
