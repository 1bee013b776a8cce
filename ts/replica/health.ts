/**
 * How a replica is doing: what has failed, whether that has passed, and how often.
 *
 * @module
 */

/** The health of one replica. */
export class Health {
  /** How often something was tried again after a passing failure. */
  retries = 0;
  /** How often a conditional commit found that what it read had changed. */
  conflicts = 0;
  /** The last failure, passed or not. */
  lastError: unknown;
  /** Whether something fails now. */
  isTroubled = false;

  /** Something failed, and is tried again. */
  trouble(error: unknown): void {
    this.retries += 1;
    this.fail(error);
  }

  /** Something failed that will not pass. */
  fail(error: unknown): void {
    this.lastError = error;
    this.isTroubled = true;
  }
}
