// @ts-check
/** Owns what the shop knows of each order: one record per line of the order file, in the scope it is given. */
import { isCount, isName } from "./input.mjs";

/**
 * @import { Store } from "holdall"
 * @import { InputLine } from "./input.mjs"
 */
/** @typedef {"shipped" | "rejected" | "duplicate" | "attention"} Outcome How an order ends. */
/** @typedef {"invalid" | "out of stock" | "card declined" | "review" | "payment" | "carrier"} Reason Why it was stopped. */
/**
 * @typedef {object} OrderRecord
 * @property {"accepted" | "reserved" | "charged" | Outcome} status How far it got.
 * @property {number} line Its line in the order file.
 * @property {number} cents Its total, 0 where the order does not say.
 * @property {number} retries How often a step was tried again.
 * @property {Reason} [reason]
 * @property {string} [detail] The reason in words.
 */

/** How an order ends. */
export const outcomes = /** @type {const} */ (["shipped", "rejected", "duplicate", "attention"]);

/** The records of all orders. */
export class OrderRecords {
  #orders;

  /** @param {Store} orders */
  constructor(orders) {
    this.#orders = orders;
  }

  /**
   * Opens the record of a line: under the order's id, or the line's number where it has none of its own.
   *
   * @param {InputLine} line
   */
  open({ number, order }) {
    const { id, totalCents } = /** @type {any} */ (order ?? {});
    const key = isName(id) && !this.#orders.has(id) ? id : `line ${number}`;
    this.#orders.set(key, { status: "accepted", line: number, cents: isCount(totalCents) ? totalCents : 0, retries: 0 });
    return key;
  }

  /**
   * What is known of an order.
   *
   * @param {string} id
   */
  get(id) {
    return /** @type {OrderRecord} */ (this.#orders.getOrThrow(id));
  }

  /**
   * Writes down what is new about an order; its tags stay unless some are given.
   *
   * @param {string} id
   * @param {Partial<OrderRecord>} news
   * @param {readonly string[]} [tags]
   */
  note(id, news, tags) {
    this.#orders.set(id, { ...this.get(id), ...news }, { tags });
  }

  /**
   * Counts one more try.
   *
   * @param {string} id
   */
  countRetry(id) {
    this.note(id, { retries: this.get(id).retries + 1 });
  }
}
