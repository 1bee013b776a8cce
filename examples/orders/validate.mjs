// @ts-check
/** Owns what makes an order valid: everything that can be said without asking another system, the first problem found. */
import { isCount, isName } from "./input.mjs";

/** @import { Order, Stock } from "./input.mjs" */

/**
 * What is wrong with an order, or `undefined` when it is valid.
 *
 * @param {any} order What a line of the file holds.
 * @param {Stock} stock
 * @returns {string | undefined}
 */
export function findProblem(order, stock) {
  if (typeof order !== "object" || order === null) return "not an order";
  for (const field of ["id", "key"]) if (!isName(order[field])) return `no usable ${field}`;
  for (const field of ["customer", "card"]) if (typeof order[field] !== "string" || order[field] === "") return `no ${field}`;
  if (typeof order.placedAt !== "string" || Number.isNaN(Date.parse(order.placedAt))) return "no time of placing";
  if (typeof order.address?.postcode !== "string" || !/^\d{5}$/.test(order.address.postcode)) return "no address to ship to";
  if (!Array.isArray(order.lines) || order.lines.length === 0) return "nothing ordered";
  for (const line of order.lines) {
    const shelf = typeof line?.article === "string" && Object.hasOwn(stock, line.article) ? stock[line.article] : undefined;
    if (!shelf) return `unknown article ${JSON.stringify(line?.article)}`;
    if (!isCount(line.quantity) || line.quantity === 0) return `quantity of ${line.article} is ${JSON.stringify(line.quantity)}`;
    if (line.priceCents !== shelf.priceCents) return `price of ${line.article} is not the shop's`;
  }
  if (order.totalCents !== totalOf(order)) return "total does not add up";
  return undefined;
}

/** @param {Order} order */
function totalOf(order) {
  return order.lines.reduce((cents, line) => cents + line.quantity * line.priceCents, 0);
}
