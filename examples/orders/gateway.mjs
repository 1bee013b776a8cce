// @ts-check
/**
 * Owns the card payments: another company's system, simulated, with its own journal. It charges as often as it is asked to, so whoever asks
 * again, after a time-out or a crash, has to look first whether the money was taken. How it treats a card shows in the card's last digits:
 *
 * | card   | what happens                                                     |
 * | ------ | ---------------------------------------------------------------- |
 * | …-0002 | declined                                                         |
 * | …-0119 | busy: two calls time out, the third charges                      |
 * | …-0127 | the first call charges, but its answer is lost: it times out too |
 * | …-0341 | never an answer, and never a charge                              |
 * | others | charged                                                          |
 */
import { PassingFailure } from "./outside.mjs";

/** @import { Journal, Slowness } from "./outside.mjs" */
/** @typedef {{ key: string, order: string, card: string, cents: number }} Request */
/** @typedef {{ key: string, order: string, cents: number, charged: boolean }} Call A line of the journal. */

/** The bank said no, and will say no again. */
export class Declined extends Error {}

/** The gateway and its ledger. */
export class PaymentGateway {
  #journal;
  #takeTime;

  /**
   * @param {Journal<Call>} journal
   * @param {Slowness} takeTime
   */
  constructor(journal, takeTime) {
    this.#journal = journal;
    this.#takeTime = takeTime;
  }

  /** Every charge made, in its order. */
  get ledger() {
    return this.#journal.entries.filter(({ charged }) => charged);
  }

  /**
   * Charges a card.
   *
   * @param {Request} request
   * @param {AbortSignal} [signal]
   * @returns {Promise<Call>}
   */
  async charge({ key, order, card, cents }, signal) {
    const number = 1 + this.#journal.entries.filter((call) => call.order === order).length;
    await this.#takeTime(`charge ${order} ${number}`, signal);
    const isBusy = card.endsWith("-0341") || (card.endsWith("-0119") && number <= 2);
    const call = { key, order, cents, charged: !isBusy && !card.endsWith("-0002") };
    this.#journal.add(call);
    if (isBusy || (card.endsWith("-0127") && number === 1)) throw new PassingFailure("the payment gateway did not answer");
    if (!call.charged) throw new Declined("the bank declined the card");
    return call;
  }

  /**
   * The last charge made with an idempotency key, or `undefined` when there is none.
   *
   * @param {string} key
   * @param {AbortSignal} [signal]
   * @returns {Promise<Call | undefined>}
   */
  async find(key, signal) {
    await this.#takeTime(`find ${key}`, signal);
    return this.ledger.filter((call) => call.key === key).at(-1);
  }
}
