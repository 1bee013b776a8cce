/**
 * Which commits the callers of a replica have made, by their counters. What listeners write while commits are told comes of other calls than those that are told, so it is
 * known apart: who waits for a write waits for that very one.
 *
 * @module
 */

/** The commits that callers have made. */
export class Made {
  readonly #isTelling: () => boolean;
  #counter = 0;
  /** The last ones that listeners made, and others. */
  #byListeners = 0;
  #byOthers = 0;
  /** What the call that is being watched has made itself. */
  #watched: { readonly isTelling: boolean; readonly counters: number[] } | undefined;

  /** @param isTelling - whether listeners are being told */
  constructor(isTelling: () => boolean) {
    this.#isTelling = isTelling;
  }

  /** The last commit that the caller has made: within a listener, of listeners, and else of others. */
  get last(): number {
    return this.#isTelling() ? this.#byListeners : this.#byOthers;
  }

  /** A commit may have been made; the last one has this counter. */
  note(counter: number): void {
    if (counter === this.#counter) return;
    this.#counter = counter;
    const isTelling = this.#isTelling();
    if (isTelling) this.#byListeners = counter;
    else this.#byOthers = counter;
    if (this.#watched?.isTelling === isTelling) this.#watched.counters.push(counter);
  }

  /** What a call makes itself: mostly one commit; none where middleware passes nothing on, more where it writes as well. */
  of(call: () => void): readonly number[] {
    const outer = this.#watched;
    const counters: number[] = [];
    this.#watched = { isTelling: this.#isTelling(), counters };
    try {
      call();
    } finally {
      this.#watched = outer;
    }
    return counters;
  }
}
