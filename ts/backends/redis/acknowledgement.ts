/**
 * Waiting until replicas of the server have a commit, where it is acknowledged only then.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import type { Behind } from "./script.js";

/** How many of the server's replicas have to have a commit. */
export class Acknowledgement {
  /** Sent right behind the commit, on its connection, for whose last write it waits. */
  readonly command: Behind;
  readonly #replicas: number;

  /** @param timeout - how long to wait for them */
  constructor(replicas: number, timeout: Milliseconds) {
    this.#replicas = replicas;
    this.command = ["wait", replicas, timeout];
  }

  /**
   * Takes the answer.
   *
   * @throws `UNAVAILABLE` when too few have it: it is applied, but may be lost with the server. Sent again, it waits again.
   */
  require(reply: unknown): void {
    const count = Number(reply);
    if (count >= this.#replicas) return;
    throw new HoldallError("UNAVAILABLE", `Only ${count} of ${this.#replicas} replicas of the Redis server have the commit`);
  }
}
