// @ts-check
/**
 * Owns the way of an order: validate → claim its key → reserve → charge → ship. Everything that the workflow knows it keeps in Holdall:
 *
 * | scope       | key             | value                                                                    |
 * | ----------- | --------------- | ------------------------------------------------------------------------ |
 * | `orders`    | order           | how far it got (`OrderRecord`); tagged when somebody has to look at it   |
 * | `stock`     | article         | how many are left and how many held: see warehouse.mjs                   |
 * | `payments`  | idempotency key | whose it is, and whether money was asked for; forgotten after 15 minutes |
 * | `shipments` | order           | the parcel                                                               |
 */
import { NotServed } from "./carrier.mjs";
import { Declined } from "./gateway.mjs";
import { euros } from "./money.mjs";
import { OrderRecords } from "./records.mjs";
import { PassingFailure, retry } from "./retry.mjs";
import { findProblem } from "./validate.mjs";
import { isConflict, Warehouse } from "./warehouse.mjs";

/**
 * @import { Store } from "holdall"
 * @import { Carrier } from "./carrier.mjs"
 * @import { SimulatedClock } from "./clock.mjs"
 * @import { PaymentGateway } from "./gateway.mjs"
 * @import { InputLine, Order, Stock } from "./input.mjs"
 * @import { Outcome, Reason } from "./records.mjs"
 */
/** @typedef {{ order: string, asked: boolean }} Payment */
/** @typedef {{ store: Store, clock: SimulatedClock, gateway: PaymentGateway, carrier: Carrier, stock: Stock }} Surroundings */

/** How long an idempotency key is remembered: whoever sends an order again does so within minutes. */
export const keyLifetime = "15m";

/** From here on somebody looks at an order before anything is done for it. */
const reviewFromCents = 100_000;

/** An order that goes no further, with how it ends and why. */
class Stop extends Error {
  /**
   * @param {Outcome} outcome
   * @param {Reason | undefined} reason
   * @param {string} detail
   */
  constructor(outcome, reason, detail) {
    super(detail);
    this.outcome = outcome;
    this.reason = reason;
  }
}

/** The workflow on one store. */
export class Workflow {
  #surroundings;
  #records;
  #payments;
  #shipments;

  /** The stock, put on its shelves. */
  warehouse;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    const { store, clock, stock } = surroundings;
    this.#surroundings = surroundings;
    this.#records = new OrderRecords(store.scope("orders"));
    this.#payments = store.scope("payments");
    this.#shipments = store.scope("shipments");
    this.warehouse = new Warehouse(store.scope("stock"), clock);
    this.warehouse.fill(stock);
  }

  /**
   * Takes all lines of an order file, each when it was placed, several at the same time.
   *
   * @param {readonly InputLine[]} lines
   * @param {number} [workers]
   */
  async run(lines, workers = 8) {
    const { clock } = this.#surroundings;
    const queue = lines.values();
    const work = async () => {
      for (const line of queue) {
        const placedAt = Date.parse(/** @type {any} */ (line.order)?.placedAt);
        if (placedAt > clock.now()) await clock.wait(placedAt - clock.now());
        await this.#process(line);
      }
    };
    await clock.run(Promise.all(Array.from({ length: workers }, work)));
  }

  /**
   * One line, from the file to its end.
   *
   * @param {InputLine} line
   */
  async #process(line) {
    const id = this.#records.open(line);
    try {
      const order = this.#validate(line, id);
      this.#claim(order);
      await this.#reserve(order);
      await this.#charge(order);
      await this.#ship(order);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      const { outcome, reason, message } = error;
      this.#records.note(
        id,
        { status: outcome, detail: message, ...(reason && { reason }) },
        outcome === "attention" && reason ? ["attention", reason] : undefined,
      );
    }
  }

  /**
   * @param {InputLine} line
   * @param {string} id
   */
  #validate({ order, problem }, id) {
    const found = problem ?? findProblem(order, this.#surroundings.stock);
    if (found) throw new Stop("rejected", "invalid", found);
    const valid = /** @type {Order} */ (order);
    if (valid.id !== id) throw new Stop("rejected", "invalid", `the id ${valid.id} was used before`);
    if (valid.totalCents >= reviewFromCents) throw new Stop("attention", "review", `somebody must agree from ${euros(reviewFromCents)} on`);
    return valid;
  }

  /**
   * Version 0 is "must not exist": of two orders with the same key, however close, one gets it. The key is free again after its time.
   *
   * @param {Order} order
   */
  #claim({ id, key }) {
    try {
      this.#payments.compareAndSet(key, { order: id, asked: false }, { version: 0, ttl: keyLifetime });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const first = /** @type {Payment} */ (this.#payments.getOrThrow(key));
      throw new Stop("duplicate", undefined, `the same as ${first.order}`);
    }
  }

  /** @param {Order} order */
  async #reserve({ id, lines }) {
    const missing = await this.warehouse.reserve(lines);
    if (missing !== undefined) throw new Stop("rejected", "out of stock", `too few left of ${missing}`);
    this.#records.note(id, { status: "reserved" });
  }

  /** @param {Order} order */
  async #charge(order) {
    const { clock } = this.#surroundings;
    try {
      await retry(
        clock,
        () => this.#chargeOnce(order),
        () => this.#records.countRetry(order.id),
      );
    } catch (error) {
      const timedOut = error instanceof PassingFailure;
      if (!timedOut || !(await this.#isCharged(order))) {
        this.warehouse.release(order.lines);
        if (error instanceof Declined) throw new Stop("rejected", "card declined", error.message);
        if (timedOut) throw new Stop("attention", "payment", error.message);
        throw error;
      }
    }
    this.#records.note(order.id, { status: "charged" });
  }

  /**
   * Leaves a note under the order's key before it asks for money. So an attempt that finds the note, because the one before timed out,
   * knows that the money may be taken already, and looks before it asks again.
   *
   * @param {Order} order
   */
  async #chargeOnce(order) {
    const { id, key, card, totalCents } = order;
    const payment = /** @type {Payment | undefined} */ (this.#payments.get(key));
    if (payment?.asked && (await this.#isCharged(order))) return;
    this.#payments.set(key, { order: id, asked: true }, { keepTtl: true });
    await this.#surroundings.gateway.charge({ key, order: id, card, cents: totalCents });
  }

  /** @param {Order} order */
  async #isCharged({ id, key }) {
    return (await this.#surroundings.gateway.find(key))?.order === id;
  }

  /** @param {Order} order */
  async #ship({ id, lines, address }) {
    const { clock, carrier } = this.#surroundings;
    try {
      const { tracking } = await retry(
        clock,
        () => carrier.book(id, address.postcode),
        () => this.#records.countRetry(id),
      );
      this.#shipments.set(id, { tracking, bookedAt: new Date(clock.now()) });
    } catch (error) {
      if (error instanceof NotServed || error instanceof PassingFailure)
        throw new Stop("attention", "carrier", `paid, but ${error.message}`);
      throw error;
    }
    this.warehouse.handOver(lines);
    this.#records.note(id, { status: "shipped" });
  }
}
