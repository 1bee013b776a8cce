/**
 * The queue of a DataStore: what is asked of it, checked, with values as JSON.
 *
 * @module
 */
import { checkCount, checkName, checkOptions, checkReservation, visibilitySpan, waitSpan } from "./arguments.js";
import type { Driver, ReservedText, Wait } from "./driver.js";
import { InvalidPayloadError } from "./errors.js";
import { deserialize, serialize } from "./json.js";
import { leaseLost } from "./refusals.js";
import type { Json, Popped, PushOptions, RenewOptions, Reservation, ReservationHandle, ReserveOptions, Seconds } from "./types.js";

/**
 * Queues by name: first in, first out, each item to one consumer.
 *
 * Every method can reject with `INVALID_KEY` or `INVALID_ARGUMENT` (before anything happens), `CLOSED`, and on Redis `UNAVAILABLE`, and `TYPE_MISMATCH` where
 * another client has put something else under a key of the queue: nothing has changed then.
 */
export class DataStoreQueue {
  readonly #driver: Driver;
  readonly #maxLength: number | undefined;

  /** @internal */
  constructor(driver: Driver, maxLength: number | undefined) {
    this.#driver = driver;
    this.#maxLength = maxLength;
  }

  /**
   * Adds an item at the end, and gives the length of the queue with it.
   *
   * It is sent once: a rejection with `UNAVAILABLE` whose `outcome` is `"unknown"` may have added the item.
   *
   * @throws `INVALID_VALUE` when the value is not plain JSON, naming the place; `QUOTA_EXCEEDED` when `maxLength` items wait, or the server has no
   * memory left.
   */
  async push(name: string, value: unknown, options?: PushOptions): Promise<number> {
    checkName("name", name);
    checkOptions(options);
    const maxLength = options?.maxLength ?? this.#maxLength;
    if (maxLength !== undefined) checkCount("maxLength", maxLength, 1);
    return this.#driver.push(name, serialize(value), maxLength);
  }

  /**
   * Takes the first item, for good: a consumer that dies with it takes it along ({@link DataStoreQueue.reserve} does not). Waits where there is none, on a
   * connection of its own, so that nobody else waits for it; for one of these (`poolSize`) it waits within its time. A rejection with `UNAVAILABLE` whose
   * `outcome` is `"unknown"` may have taken an item: one that waits is rejected so when its connection is lost. {@link DataStoreQueue.reserve} goes on waiting then.
   *
   * @param timeoutSeconds - how long to wait: 0 not at all, 0.05 for 50 ms. Default: until an item comes
   * @returns the item, or `null` when the time ran out; {@link DataStoreQueue.tryPop} tells that from an item that is `null`
   * @throws `INVALID_PAYLOAD` when another client has put there what is not JSON: the error has it as `raw`, the queue no longer. `OUT_OF_RANGE` for a
   * negative timeout.
   */
  async pop<T = Json>(name: string, timeoutSeconds?: Seconds): Promise<T | null> {
    return (await this.#take<T>(name, waitSpan(timeoutSeconds))).value;
  }

  /**
   * As {@link DataStoreQueue.pop}, and tells whether there was an item. By default it does not wait.
   *
   * @param timeoutSeconds - how long to wait. Default 0
   */
  async tryPop<T = Json>(name: string, timeoutSeconds: Seconds = 0): Promise<Popped<T>> {
    return this.#take<T>(name, waitSpan(timeoutSeconds));
  }

  /**
   * Takes the first item for a while: until it is acknowledged, given back, or its time (`visibility`) runs out and it is delivered again, at the front.
   * So no item is lost with its consumer, and one can be delivered more than once. On Redis, {@link DataStoreQueue.pop} may take others before one that
   * another process had for a time as short as this and let go: it hears of that up to 250 ms later, and who waits for an item up to a second.
   *
   * @returns the reservation, or `null` when the time to wait ran out
   * @throws `INVALID_PAYLOAD` for what is not JSON; the error has the `reservation`, by which to acknowledge it. `OUT_OF_RANGE` for spans that are none.
   *
   * @example
   * ```ts
   * import { DataStore } from "holdall/datastore";
   *
   * const { queue } = DataStore.memory();
   * await queue.push("orders", { id: 17 });
   * const reservation = await queue.reserve("orders", { visibility: 60, timeout: 5 });
   * if (reservation !== null) {
   *   console.log(reservation.value);
   *   await queue.ack(reservation);
   * }
   * ```
   */
  async reserve<T = Json>(name: string, options?: ReserveOptions): Promise<Reservation<T> | null> {
    checkName("name", name);
    checkOptions(options);
    const reserved = await this.#driver.reserve(name, visibilitySpan(options?.visibility), waitSpan(options?.timeout));
    return reserved === null ? null : reservationOf<T>(name, reserved);
  }

  /**
   * Acknowledges: the item has been dealt with and is gone.
   *
   * @throws `LEASE_LOST` when the reservation is over.
   */
  async ack(reservation: ReservationHandle): Promise<void> {
    checkReservation(reservation);
    const { queue, id } = reservation;
    if (!(await this.#driver.acknowledge(queue, id))) throw leaseLost(queue);
  }

  /**
   * Gives the item back: it is delivered again at once, before all others.
   *
   * @throws `LEASE_LOST` when the reservation is over.
   */
  async nack(reservation: ReservationHandle): Promise<void> {
    checkReservation(reservation);
    const { queue, id } = reservation;
    if (!(await this.#driver.giveBack(queue, id))) throw leaseLost(queue);
  }

  /**
   * Keeps the item for longer: gives the reservation with its new deadline.
   *
   * @throws `LEASE_LOST` when the reservation is over.
   */
  async renew<R extends ReservationHandle>(reservation: R, options?: RenewOptions): Promise<R & Pick<Reservation, "deadline">> {
    checkReservation(reservation);
    checkOptions(options);
    const { queue, id } = reservation;
    const deadline = await this.#driver.renew(queue, id, visibilitySpan(options?.visibility));
    if (deadline === null) throw leaseLost(queue);
    return Object.freeze({ ...reservation, deadline });
  }

  /** How many items wait; those that are reserved do not. */
  async length(name: string): Promise<number> {
    checkName("name", name);
    return this.#driver.length(name);
  }

  async #take<T>(name: string, wait: Wait): Promise<Popped<T>> {
    checkName("name", name);
    const text = await this.#driver.pop(name, wait);
    return text === null ? { ok: false, value: null } : { ok: true, value: deserialize<T>(text) };
  }
}

function reservationOf<T>(queue: string, { id, text, deadline }: ReservedText): Reservation<T> {
  try {
    return Object.freeze({ queue, id, value: deserialize<T>(text), deadline });
  } catch (error) {
    if (!(error instanceof InvalidPayloadError)) throw error;
    throw new InvalidPayloadError(error.message, { raw: text, reservation: { queue, id }, key: queue });
  }
}
