// @ts-check
/** Owns what the shop knows of each order: one record per line of the order file, under `orders:<order>` in the run's store. */
import { prune } from "holdall/workflow";

/** @import { StoreWriter } from "holdall" */
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
/** @typedef {{ status: Outcome, reason?: Reason, detail: string }} Stop Why an order goes no further. */

/** How an order ends. */
export const outcomes = /** @type {const} */ (["shipped", "rejected", "duplicate", "attention"]);

/** @type {(status: Outcome, reason: Reason | undefined, detail: string) => Stop} */
export const stop = (status, reason, detail) => ({ status, ...(reason && { reason }), detail });

/**
 * Writes down what is new about an order; its tags stay unless some are given.
 *
 * @param {StoreWriter} store
 * @param {string} id
 * @param {Partial<OrderRecord>} news
 * @param {number} [retries] How often it was tried again for that.
 * @param {readonly string[]} [tags]
 */
export function note(store, id, news, retries = 0, tags) {
  const record = /** @type {OrderRecord} */ (store.getOrThrow(`orders:${id}`));
  store.set(`orders:${id}`, { ...record, ...news, retries: record.retries + retries }, { tags });
}

/**
 * Writes down how an order ends, and ends its branch of the graph. Who has to look at it finds it by its tags.
 *
 * @param {StoreWriter} store
 * @param {string} id
 * @param {Stop} stopped
 * @param {number} [retries]
 */
export function end(store, id, stopped, retries) {
  const { status, reason } = stopped;
  note(store, id, stopped, retries, status === "attention" && reason ? ["attention", reason] : undefined);
  return prune({ status });
}
