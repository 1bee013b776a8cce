/**
 * A worker's sign of life: an entry that expires unless it is renewed. While it is there, nobody takes over what the worker is at; when it is gone,
 * anybody may. What makes commits safe is the token in the record of a node, which a take-over replaces: the lease only says when to do that.
 *
 * @module
 */
import { letExit } from "../clock.js";
import type { Clock, Milliseconds, Reader, Transaction } from "../store/types/index.js";
import type { Commit } from "./committing.js";
import { workerKey } from "./layout.js";
import { Timer } from "./timer.js";

/** The lease of one worker. */
export class Lease {
  readonly #worker: string;
  readonly #span: Milliseconds;
  readonly #reader: Reader;
  readonly #commit: Commit;
  readonly #timer: Timer;
  readonly #clock: Clock;
  #users = 0;

  constructor(worker: string, span: Milliseconds, reader: Reader, commit: Commit, clock: Clock) {
    this.#worker = worker;
    this.#span = span;
    this.#reader = reader;
    this.#commit = commit;
    this.#clock = clock;
    this.#timer = new Timer(clock, () => this.#renew());
  }

  /** How long it is. */
  get span(): Milliseconds {
    return this.#span;
  }

  /** The lease of the same worker on another store. */
  on(reader: Reader, commit: Commit): Lease {
    return new Lease(this.#worker, this.#span, reader, commit, this.#clock);
  }

  /** Keeps it renewed from now on, until it is let go as often as it was held. */
  hold(): void {
    this.#users += 1;
    if (this.#users > 1) return;
    // What is left from before may end too soon.
    if (this.#reader.has(workerKey(this.#worker))) this.#renew();
    else this.#setTimer();
  }

  /** Needs it no more. It ends by itself, or is renewed when it is held again. */
  letGo(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#timer.clear();
  }

  /** Makes it where it is missing, as part of a commit that takes something. */
  ensure(transaction: Transaction): void {
    const key = workerKey(this.#worker);
    if (!transaction.has(key)) transaction.set(key, { since: this.#clock.now() }, { ttl: this.#span });
  }

  /** Ends it at once: the worker is at nothing any more. */
  async end(): Promise<void> {
    this.#timer.clear();
    await this.#commit((transaction) => transaction.delete(workerKey(this.#worker)));
  }

  #setTimer(): void {
    // The lease is not what a process lives for.
    letExit(this.#timer.set(this.#span / 3));
  }

  #renew(): void {
    this.#setTimer();
    this.#commit((transaction) => {
      if (!transaction.touch(workerKey(this.#worker), this.#span)) this.ensure(transaction);
    }).catch(() => {
      // A store that cannot be reached is noticed by the commits of nodes. The next renewal comes soon.
    });
  }
}
