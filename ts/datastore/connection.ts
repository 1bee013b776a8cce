/**
 * The connection of a DataStore, as its users see it.
 *
 * @module
 */
import type { Driver } from "./driver.js";

/** The connection: made by the first call that needs it, and again by the next one after it was lost or closed. */
export class DataStoreConnection {
  readonly #driver: Driver;

  /** @internal */
  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /**
   * Connects, unless there is a connection. Calls that come together make one.
   *
   * @throws `UNAVAILABLE` when the server cannot be reached within `commandTimeout`; `CLIENT_MISSING` when ioredis is not installed; `CLOSED`.
   */
  async ensureConnection(): Promise<void> {
    await this.#driver.connect();
  }

  /**
   * Disconnects: calls under way get their answers, waiting ones are rejected with `CLOSED`. The next call connects again.
   */
  async close(): Promise<void> {
    await this.#driver.disconnect();
  }
}
