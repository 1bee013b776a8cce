/**
 * The cache of a DataStore: what is asked of it, checked, with values as JSON.
 *
 * @module
 */
import { checkName, lifeSpan } from "./arguments.js";
import type { Driver } from "./driver.js";
import { deserialize, serialize } from "./json.js";
import type { Json, Seconds } from "./types.js";

/**
 * Values by key, for a time or for ever.
 *
 * Every method can reject with `INVALID_KEY` or `INVALID_ARGUMENT` (before anything happens), `CLOSED`, and on Redis `UNAVAILABLE`; `get` also with
 * `TYPE_MISMATCH`, where another client has put something else under the key.
 */
export class DataStoreCache {
  readonly #driver: Driver;

  /** @internal */
  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /**
   * Sets a value. What it was before is forgotten, its life included.
   *
   * @param ttlSeconds - how long it lives, over 0; fractions count. Default, and `null`: for ever
   * @throws `INVALID_VALUE` when the value is not plain JSON, naming the place; `OUT_OF_RANGE` for a life that is none; `QUOTA_EXCEEDED` when the
   * server has no memory left.
   */
  async set(key: string, value: unknown, ttlSeconds?: Seconds | null): Promise<void> {
    checkName("key", key);
    const life = lifeSpan(ttlSeconds);
    await this.#driver.write(key, serialize(value), life);
  }

  /**
   * The value, or `null` when there is none; {@link DataStoreCache.exists} tells that from a value that is `null`.
   *
   * @throws `INVALID_PAYLOAD` when another client has put there what is not JSON: the error has it as `raw`.
   */
  async get<T = Json>(key: string): Promise<T | null> {
    checkName("key", key);
    const text = await this.#driver.read(key);
    return text === null ? null : deserialize<T>(text);
  }

  /** Removes a value; whether it was there. */
  async delete(key: string): Promise<boolean> {
    checkName("key", key);
    return this.#driver.remove(key);
  }

  /** Whether there is a value. */
  async exists(key: string): Promise<boolean> {
    checkName("key", key);
    return this.#driver.exists(key);
  }
}
