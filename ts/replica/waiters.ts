/**
 * Who waits for a replica to come to some state: a number that is applied, room in the backlog.
 *
 * @module
 */

import type { Timestamp } from "../store/types/index.js";

/** The state of a replica, as the engine tells it. */
export interface ReplicaState {
  /** The last number of the backend that is applied. */
  readonly applied: number;
  /** Bytes that are pending. */
  readonly backlog: number;
  /** The counter of the last commit that was made here. */
  readonly counter: number;
  /** When the engine wants to be asked although nothing happens; infinite for never. */
  readonly wakeAt: Timestamp;
}

/** So often in a row somebody is let in at once; then everything else has its turn. */
const mostInOneTurn = 256;

interface Waiter {
  readonly isDue: (state: ReplicaState) => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The waiters of one replica. */
export class Waiters {
  #waiters: Waiter[] = [];
  #admitted = 0;

  /** Resolves when the state is next looked at and is such. */
  wait(isDue: Waiter["isDue"]): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ isDue, resolve, reject }));
  }

  /** Lets in who need not wait. A loop that only writes would hold up all else, what is to be sent too, until half of the backlog is full. */
  admit(): Promise<void> {
    this.#admitted = (this.#admitted + 1) % mostInOneTurn;
    return this.#admitted > 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve));
  }

  /** Lets those go on whose state has come. */
  look(state: ReplicaState): void {
    if (this.#waiters.length === 0) return;
    const due = this.#waiters.filter(({ isDue }) => isDue(state));
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter));
    for (const { resolve } of due) resolve();
  }

  /** Ends all waiting. */
  end(reason: unknown): void {
    for (const { reject } of this.#waiters.splice(0)) reject(reason);
  }
}
