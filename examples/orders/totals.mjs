// @ts-check
/** Owns the counting: what became of the orders, how many and how much money, all taken from their records. */
import { outcomes } from "./records.mjs";

/**
 * @import { StoreReader } from "holdall"
 * @import { OrderRecord } from "./records.mjs"
 */
/** @typedef {{ orders: number, cents: number, retries: number }} Total */
/** @typedef {Total & { reasons: Record<string, Total> }} OutcomeTotal */
/** @typedef {{ all: Total, outcomes: Record<string, OutcomeTotal> }} Totals For all orders, for each outcome, and for each reason within it. */

/**
 * Counts the orders in a run's store.
 *
 * @param {StoreReader} store
 * @returns {Totals}
 */
export function totalsOf(store) {
  const nothing = () => ({ orders: 0, cents: 0, retries: 0 });
  /** @type {Totals} */
  const totals = { all: nothing(), outcomes: Object.fromEntries(outcomes.map((outcome) => [outcome, { ...nothing(), reasons: {} }])) };
  for (const { status, reason, cents, retries } of /** @type {Iterable<OrderRecord>} */ (store.values({ prefix: "orders:" }))) {
    // An order that has not ended is counted too, under where it is: the checks see it.
    totals.outcomes[status] ??= { ...nothing(), reasons: {} };
    const { reasons } = totals.outcomes[status];
    if (reason) reasons[reason] ??= nothing();
    for (const total of [totals.all, totals.outcomes[status], reason && reasons[reason]]) {
      if (!total) continue;
      total.orders += 1;
      total.cents += cents;
      total.retries += retries;
    }
  }
  return totals;
}
