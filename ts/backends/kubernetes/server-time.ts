/**
 * The API server's time, as far as its answers tell it: a `Date` header of whole seconds, and nothing else.
 *
 * Each answer says that at some moment between sending and hearing, the server's clock was within one second. So each bounds the difference to the local
 * clock from both sides, and several together bound it closely; bounds that contradict each other mean that a clock was set, and the latest hold.
 * The estimate is the lower bound: it never runs ahead of the server (an entry never expires early by it), and behind it by a second at most, by milliseconds
 * once some answers were heard on both sides of a full second.
 *
 * @module
 */

import type { Milliseconds, Timestamp } from "../../store/types/index.js";

const second: Milliseconds = 1_000;

/** Learns a server's time from its answers. */
export class ServerTime {
  readonly #now: () => Timestamp;
  #least = 0;
  #most = Number.NEGATIVE_INFINITY;

  constructor(now: () => Timestamp) {
    this.#now = now;
  }

  /** The local time, for {@link learn}. */
  local(): Timestamp {
    return this.#now();
  }

  /** The server's time now; before the first answer, the local time. */
  now(): Timestamp {
    return Math.floor(this.#now() + this.#least);
  }

  /**
   * Takes in an answer.
   *
   * @param date - its `Date` header
   * @param sent - the local time when the request was sent
   * @param heard - the local time when the answer came
   */
  learn(date: string | undefined, sent: Timestamp, heard: Timestamp): void {
    const seconds = Date.parse(date ?? "");
    if (Number.isNaN(seconds)) return;
    const least = seconds - heard;
    const most = seconds + second - sent;
    const contradicts = most < this.#least || least > this.#most;
    this.#least = contradicts ? least : Math.max(this.#least, least);
    this.#most = contradicts ? most : Math.min(this.#most, most);
  }
}
