// @ts-check
/**
 * Owns the reading of the two input files: orders, one JSON object per line, and the stock at the start. A line that is not JSON is kept
 * with its number and what is wrong with it, so that it can be counted; a file that cannot be used at all is an `InputError`.
 */
import { readFileSync } from "node:fs";

/** @typedef {{ article: string, quantity: number, priceCents: number }} OrderLine */
/**
 * @typedef {object} Order An order as the shop sends it.
 * @property {string} id
 * @property {string} key The idempotency key: the same when the same order is sent again.
 * @property {string} placedAt When it was placed, in ISO 8601.
 * @property {string} customer
 * @property {string} card
 * @property {{ city: string, postcode: string }} address
 * @property {OrderLine[]} lines
 * @property {number} totalCents
 */
/** @typedef {{ number: number, order: unknown, problem?: string }} InputLine A line of the file: what it holds is not checked yet. */
/** @typedef {Record<string, { name: string, priceCents: number, quantity: number }>} Stock By article. */

/** An input file that cannot be used. */
export class InputError extends Error {}

/**
 * The lines of an order file; blank ones are left out.
 *
 * @param {string} path
 * @returns {InputLine[]}
 */
export function readOrders(path) {
  /** @type {InputLine[]} */
  const lines = [];
  for (const [index, text] of readText(path).split("\n").entries()) {
    if (text.trim() === "") continue;
    const number = index + 1;
    try {
      lines.push({ number, order: JSON.parse(text) });
    } catch {
      lines.push({ number, order: undefined, problem: `line ${number} is not JSON` });
    }
  }
  if (lines.length === 0) throw new InputError(`${path} holds no orders.`);
  return lines;
}

/**
 * The stock at the start.
 *
 * @param {string} path
 * @returns {Stock}
 */
export function readStock(path) {
  const text = readText(path);
  /** @type {unknown} */
  let stock;
  try {
    stock = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${/** @type {Error} */ (error).message}`);
  }
  if (typeof stock !== "object" || stock === null || Array.isArray(stock))
    throw new InputError(`${path} must hold one object, by article.`);
  for (const [article, shelf] of Object.entries(stock)) {
    if (!isName(article)) throw new InputError(`${path}: ${JSON.stringify(article)} cannot be an article.`);
    if (typeof shelf?.name !== "string") throw new InputError(`${path}: ${article} has no name.`);
    for (const field of ["priceCents", "quantity"]) {
      if (!isCount(shelf[field])) throw new InputError(`${path}: the ${field} of ${article} must be a whole number from 0.`);
    }
  }
  return /** @type {Stock} */ (stock);
}

/**
 * Whether this is a whole number from 0.
 *
 * @param {unknown} value
 * @returns {value is number}
 */
export function isCount(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/**
 * Whether this can be an id or an idempotency key.
 *
 * @param {unknown} value
 * @returns {value is string}
 */
export function isName(value) {
  return typeof value === "string" && /^[\w.-]{1,64}$/.test(value);
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new InputError(code === "ENOENT" ? `There is no file ${path}.` : `${path} cannot be read: ${message}`);
  }
}
