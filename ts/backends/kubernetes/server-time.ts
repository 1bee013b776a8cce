/**
 * The API server's time, as far as its answers tell it: a `Date` header of whole seconds, and nothing else.
 *
 * Each answer says that at some moment between sending and hearing, the server's clock was within one second. So each bounds the difference to the local
 * clock from both sides, and several together bound it closely; bounds that contradict each other mean that a clock was set, and the latest hold.
 * The estimate is the lower bound: it never runs ahead of the server (an entry never expires early by it), and behind it by a second at most, by milliseconds
 * once some answers were heard on both sides of a full second.
 *
 * Between answers the local clock is believed, so it is compared with one that nobody can set: where the two have not gone alike since the last answer, the local
 * one was set, or the machine has slept, and the server has to be asked before anything rests on its time. A store's time never goes back.
 *
 * @module
 */

import type { Milliseconds, Timestamp } from "../../store/types/index.js";

const second: Milliseconds = 1_000;

/** By how much two clocks may seem to differ that go alike, since they are read one behind the other. */
const tolerance: Milliseconds = 50;

/** Learns a server's time from its answers. */
export class ServerTime {
  readonly #now: () => Timestamp;
  readonly #steady: () => Milliseconds;
  #least = 0;
  #most = Number.NEGATIVE_INFINITY;
  /** The difference of the two local clocks at the last answer. */
  #apart: Milliseconds;

  /**
   * @param now - the local clock
   * @param steady - one that only goes on, from whenever
   */
  constructor(now: () => Timestamp, steady: () => Milliseconds) {
    this.#now = now;
    this.#steady = steady;
    this.#apart = this.#difference;
  }

  get #difference(): Milliseconds {
    return this.#now() - this.#steady();
  }

  /** Whether the local clock has gone on as it should since the last answer. */
  get isSure(): boolean {
    return Math.abs(this.#difference - this.#apart) <= tolerance;
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
    const wasSet = !this.isSure;
    this.#apart = this.#difference;
    const seconds = Date.parse(date ?? "");
    if (Number.isNaN(seconds)) return;
    const least = seconds - heard;
    const most = seconds + second - sent;
    const contradicts = wasSet || most < this.#least || least > this.#most;
    this.#least = contradicts ? least : Math.max(this.#least, least);
    this.#most = contradicts ? most : Math.min(this.#most, most);
  }
}
