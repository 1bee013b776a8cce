// @ts-check
/**
 * Owns the card payments: another company's system, simulated, with its own ledger. It charges as often as it is asked to, so whoever asks
 * again after a time-out has to make sure first that the money was not taken. How it treats a card shows in the card's last digits:
 *
 * | card   | what happens                                                     |
 * | ------ | ---------------------------------------------------------------- |
 * | …-0002 | declined                                                         |
 * | …-0119 | busy: two calls time out, the third charges                      |
 * | …-0127 | the first call charges, but its answer is lost: it times out too |
 * | …-0341 | never an answer, and never a charge                              |
 * | others | charged                                                          |
 */
import { PassingFailure } from "./retry.mjs";

/** @import { SimulatedClock } from "./clock.mjs" */
/** @typedef {{ receipt: string, key: string, order: string, cents: number }} Charge */

/** The bank said no, and will say no again. */
export class Declined extends Error {}

const timeout = 5_000;

/** The gateway and its ledger. */
export class PaymentGateway {
  #clock;
  /** @type {Charge[]} */
  #ledger = [];
  /** @type {Map<string, number>} How often each order was asked for. */
  #calls = new Map();

  /** @param {SimulatedClock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** Every charge made, in its order. */
  get ledger() {
    return /** @type {readonly Charge[]} */ (this.#ledger);
  }

  /**
   * Charges a card.
   *
   * @param {{ key: string, order: string, card: string, cents: number }} request
   * @returns {Promise<Charge>}
   */
  async charge({ key, order, card, cents }) {
    const call = (this.#calls.get(order) ?? 0) + 1;
    this.#calls.set(order, call);
    if (card.endsWith("-0341") || (card.endsWith("-0119") && call <= 2)) return this.#timeOut();

    await this.#clock.spend(`charge ${order} ${call}`, 600, 1_800);
    if (card.endsWith("-0002")) throw new Declined("the bank declined the card");
    const charge = { receipt: `receipt-${this.#ledger.length + 1}`, key, order, cents };
    this.#ledger.push(charge);
    if (card.endsWith("-0127") && call === 1) return this.#timeOut();
    return charge;
  }

  /**
   * The last charge made with an idempotency key, or `undefined` when there is none.
   *
   * @param {string} key
   * @returns {Promise<Charge | undefined>}
   */
  async find(key) {
    await this.#clock.spend(`find ${key}`, 200, 500);
    return this.#ledger.filter((charge) => charge.key === key).at(-1);
  }

  /** @returns {Promise<never>} */
  async #timeOut() {
    await this.#clock.wait(timeout);
    throw new PassingFailure("the payment gateway did not answer");
  }
}
