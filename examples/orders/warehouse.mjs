// @ts-check
/**
 * Owns the stock: `{ left, held, shipped }` of each article, in the scope it is given. Several orders reach for the same article at the same time, and
 * nobody locks: whoever reserves looks, walks to the shelf, and writes only if the entry is still at the version that was looked at.
 */
import { HoldallError } from "holdall";

/**
 * @import { Store } from "holdall"
 * @import { SimulatedClock } from "./clock.mjs"
 * @import { OrderLine, Stock } from "./input.mjs"
 */
/** @typedef {{ left: number, held: number, shipped: number }} Shelf How many are free, reserved, and gone to customers. */

/** The stock of the shop. */
export class Warehouse {
  #stock;
  #clock;

  /** How often somebody else was quicker, and a reservation looked again. */
  conflicts = 0;

  /**
   * @param {Store} stock
   * @param {SimulatedClock} clock
   */
  constructor(stock, clock) {
    this.#stock = stock;
    this.#clock = clock;
  }

  /**
   * Puts the articles on their shelves, all in one commit.
   *
   * @param {Stock} stock
   */
  fill(stock) {
    this.#stock.setMany(Object.entries(stock).map(([article, { quantity }]) => [article, { left: quantity, held: 0, shipped: 0 }]));
  }

  /**
   * Reserves all lines of an order, or none.
   *
   * @param {readonly OrderLine[]} lines
   * @returns {Promise<string | undefined>} The article of which too few are left, if any.
   */
  async reserve(lines) {
    /** @type {OrderLine[]} */
    const reserved = [];
    for (const line of lines) {
      if (!(await this.#reserveLine(line))) {
        this.release(reserved);
        return line.article;
      }
      reserved.push(line);
    }
    return undefined;
  }

  /**
   * Puts reserved lines back.
   *
   * @param {readonly OrderLine[]} lines
   */
  release(lines) {
    for (const { article, quantity } of lines) {
      const shelf = this.#shelf(article);
      this.#stock.set(article, { ...shelf, left: shelf.left + quantity, held: shelf.held - quantity });
    }
  }

  /**
   * Lets reserved lines leave the house.
   *
   * @param {readonly OrderLine[]} lines
   */
  handOver(lines) {
    for (const { article, quantity } of lines) {
      const shelf = this.#shelf(article);
      this.#stock.set(article, { ...shelf, held: shelf.held - quantity, shipped: shelf.shipped + quantity });
    }
  }

  /** @param {OrderLine} line */
  async #reserveLine({ article, quantity }) {
    for (;;) {
      const version = this.#stock.meta(article)?.version ?? 0;
      const shelf = this.#shelf(article);
      if (shelf.left < quantity) return false;
      await this.#clock.spend(`walk to ${article}`, 1_000, 4_000);
      try {
        this.#stock.compareAndSet(article, { ...shelf, left: shelf.left - quantity, held: shelf.held + quantity }, { version });
        return true;
      } catch (error) {
        if (!isConflict(error)) throw error;
        this.conflicts += 1;
      }
    }
  }

  /** @param {string} article */
  #shelf(article) {
    return /** @type {Shelf} */ (this.#stock.getOrThrow(article));
  }
}

/**
 * Whether a conditional write found another version than it was told.
 *
 * @param {unknown} error
 */
export function isConflict(error) {
  return error instanceof HoldallError && error.code === "CONFLICT";
}
