/**
 * The queue of a DataStore: what is asked of it, checked, with values as JSON.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import { checkCount, checkName, checkOptions, checkReservation, visibilitySpan, waitSpan } from "./arguments.js";
import type { Driver, ReservedText, Wait } from "./driver.js";
import { InvalidPayloadError } from "./errors.js";
import { deserialize, serialize } from "./json.js";
import { deadLetterName } from "./names.js";
import { leaseLost } from "./refusals.js";
import type {
  Json,
  Popped,
  PushOptions,
  RejectOptions,
  RenewOptions,
  Reservation,
  ReservationHandle,
  ReserveOptions,
  Seconds,
} from "./types.js";

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
   * The reservation says how often its item was delivered (`deliveries`), over all processes, so that an item which nobody can deal with need not
   * come back for ever: see {@link DataStoreQueue.reject}. On Redis, where a queue is a list of plain payloads, the number of an item that went back is
   * kept beside it, and found by the payload at the front. That is exact between all who reserve. Where one takes such an item from the list who has not
   * heard of it (another client by RPOP, a `pop` that was waiting, or within 250 ms of another process), an item with the same payload that comes next can
   * inherit its number; where other clients put items to the front, those behind them count from 1 again.
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
   * Gives the item back because it could not be dealt with: it is delivered again at once, before all others.
   *
   * @throws `LEASE_LOST` when the reservation is over.
   */
  async nack(reservation: ReservationHandle): Promise<void> {
    checkReservation(reservation);
    const { queue, id } = reservation;
    if (!(await this.#driver.giveBack(queue, id))) throw leaseLost(queue);
  }

  /**
   * Gives the item back without having tried: as {@link DataStoreQueue.nack}, and this delivery does not count.
   *
   * @throws `LEASE_LOST` when the reservation is over.
   */
  async release(reservation: ReservationHandle): Promise<void> {
    checkReservation(reservation);
    const { queue, id } = reservation;
    if (!(await this.#driver.release(queue, id))) throw leaseLost(queue);
  }

  /**
   * Gives up on the item: moves it to the end of another queue, by default that for the dead letters of its own ({@link deadLetterName}), in one step, so that
   * it is never in both and never in neither. There it is an item like others, byte by byte what it was: look at it, pop it, push it to where it came from.
   * `maxLength` holds for pushes, and does not keep it out.
   *
   * A rejection with `UNAVAILABLE` whose `outcome` is `"unknown"` may have moved it; where it has not, the reservation lapses and it is delivered again.
   *
   * @throws `LEASE_LOST` when the reservation is over. `INVALID_ARGUMENT` when `to` is the queue that the item is from.
   *
   * @example
   * ```ts
   * import { DataStore, deadLetterName } from "holdall/datastore";
   *
   * const { queue } = DataStore.memory();
   * await queue.push("orders", { id: 17 });
   * for (let item = await queue.reserve("orders"); item !== null; item = await queue.reserve("orders", { timeout: 0 })) {
   *   // It fails each time, and is given up the third time.
   *   if (item.deliveries < 3) await queue.nack(item);
   *   else await queue.reject(item);
   * }
   * await queue.pop(deadLetterName("orders"), 0); // { id: 17 }
   * ```
   */
  async reject(reservation: ReservationHandle, options?: RejectOptions): Promise<void> {
    checkReservation(reservation);
    checkOptions(options);
    const { queue, id } = reservation;
    const to = options?.to ?? deadLetterName(queue);
    checkName("to", to);
    if (to === queue) throw new HoldallTypeError("to must be another queue than the item is from; nack gives it back");
    if (!(await this.#driver.reject(queue, id, to))) throw leaseLost(queue);
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

function reservationOf<T>(queue: string, { id, text, deadline, deliveries }: ReservedText): Reservation<T> {
  try {
    return Object.freeze({ queue, id, value: deserialize<T>(text), deadline, deliveries });
  } catch (error) {
    if (!(error instanceof InvalidPayloadError)) throw error;
    throw new InvalidPayloadError(error.message, { raw: text, reservation: { queue, id, deliveries }, key: queue });
  }
}
