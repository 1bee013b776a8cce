/**
 * The time of a store from its opening to its closing: who follows it meanwhile, and how that ends. The same for the stores of every backend.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import type { Following, LogSink } from "./backend.js";

/** The lifetime of an opened store. */
export class Lifetime {
  readonly #onClose: () => void;
  readonly #forget: () => Promise<unknown>;
  readonly #followings = new Set<Following>();
  readonly #openings = new Set<Promise<unknown>>();
  #ending: Promise<void> | undefined;

  /**
   * @param onClose - called when the store begins to close
   * @param forget - lets the backend forget the replica that has opened the store, as far as it may
   */
  constructor(onClose: () => void, forget: () => Promise<unknown>) {
    this.#onClose = onClose;
    this.#forget = forget;
  }

  /**
   * Refuses what is asked of a closed store.
   *
   * @throws `CLOSED`
   */
  requireOpen(): void {
    if (this.#ending) throw new HoldallError("CLOSED", "The store of the backend is closed");
  }

  /**
   * Begins a following, which is known here until either side ends it.
   *
   * @param begin - begins it, with the sink to tell
   * @throws `CLOSED`
   */
  follow(sink: LogSink, begin: (sink: LogSink) => Following): Following {
    this.requireOpen();
    let hasEnded = false;
    const forget = () => {
      hasEnded = true;
      this.#followings.delete(following);
    };
    const following: Following = {
      nudge: () => begun.nudge(),
      stop() {
        forget();
        begun.stop();
      },
    };
    const begun = begin({
      commits: (commits, through, time) => sink.commits(commits, through, time),
      gap() {
        forget();
        sink.gap();
      },
      failed(error) {
        forget();
        sink.failed(error);
      },
    });
    if (!hasEnded) this.#followings.add(following);
    return following;
  }

  /**
   * Opens the store anew, which the end waits for: behind it, nothing is made any more.
   *
   * @throws `CLOSED`
   */
  async reopen<Opened>(open: () => Promise<Opened>): Promise<Opened> {
    this.requireOpen();
    const opening = open();
    this.#openings.add(opening);
    try {
      return await opening;
    } finally {
      this.#openings.delete(opening);
    }
  }

  /** Lets all who follow look for news now. */
  nudge(): void {
    for (const following of this.#followings) following.nudge();
  }

  /** Ends it, and the followings with it. Idempotent. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    for (const following of this.#followings) following.stop();
    this.#onClose();
    await Promise.allSettled(this.#openings);
    // A replica that is gone asks no more what came of its commits. Where this fails, its record is forgotten with time.
    await this.#forget().catch(() => {});
  }
}
