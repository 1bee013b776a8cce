// @ts-check
/**
 * Owns the proof that nothing was lost, made up or paid twice. It trusts nobody: it reads both input files again by itself, and compares
 * them with what the store says, with the gateway's ledger and with the carrier's manifest.
 */
import { readFileSync } from "node:fs";
import { euros } from "./money.mjs";
import { totalsOf } from "./totals.mjs";

/**
 * @import { Reader } from "holdall"
 * @import { Call as Booking } from "./carrier.mjs"
 * @import { Call as Charge } from "./gateway.mjs"
 * @import { Shelf } from "./nodes.mjs"
 * @import { OrderRecord } from "./records.mjs"
 */
/** @typedef {{ promise: string, problems: string[] }} Finding What should hold, and where it does not. */
/**
 * @typedef {object} Books
 * @property {string} ordersPath
 * @property {string} stockPath
 * @property {Reader} store
 * @property {readonly Charge[]} ledger
 * @property {readonly Booking[]} manifest
 */

/**
 * Compares the books with the input.
 *
 * @param {Books} books
 * @returns {Finding[]}
 */
export function checkBooks({ ordersPath, stockPath, store, ledger, manifest }) {
  const input = readAgain(ordersPath);
  const records = new Map(/** @type {Iterable<[string, OrderRecord]>} */ (store.scope("orders").entries()));
  const idOfLine = new Map([...records].map(([id, { line }]) => [line, id]));
  const orderOf = (/** @type {string} */ id) => input.get(records.get(id)?.line ?? 0);
  const idsBy = (/** @type {(record: OrderRecord) => boolean} */ test) =>
    [...records].filter(([, record]) => test(record)).map(([id]) => id);
  const shipped = idsBy(({ status }) => status === "shipped");
  const held = idsBy(({ reason }) => reason === "carrier");
  const paid = [...shipped, ...held];
  const centsOf = (/** @type {any} */ order) => (Number.isSafeInteger(order?.totalCents) ? Math.max(0, order.totalCents) : 0);
  const sum = (/** @type {Iterable<number>} */ numbers) => [...numbers].reduce((total, number) => total + number, 0);

  /** @type {Finding[]} */
  const findings = [];
  /** @type {(promise: string, problems: Iterable<string | false>) => void} */
  const expect = (promise, problems) => {
    findings.push({ promise, problems: [...problems].filter((problem) => problem !== false) });
  };
  /** @type {(what: string, found: number | string, expected: number | string) => string | false} */
  const same = (what, found, expected) => found !== expected && `${what}: ${found}, but should be ${expected}`;

  const { all, outcomes } = totalsOf(store);
  expect(`${input.size} lines, each accounted for exactly once`, [
    ...[...input.keys()].map((line) => !idOfLine.has(line) && `line ${line} has no record`),
    ...[...records].map(([id, { line }]) => (!input.has(line) || idOfLine.get(line) !== id) && `${id} has no line of its own`),
    ...[...records].map(
      ([id, { line }]) => !id.startsWith("line ") && input.has(line) && same(`the id of line ${line}`, id, input.get(line)?.id),
    ),
    same("sum of all outcomes", sum(Object.values(outcomes).map(({ orders }) => orders)), input.size),
    ...Object.keys(outcomes).map(
      (status) => !["shipped", "rejected", "duplicate", "attention"].includes(status) && `some orders ended as ${status}`,
    ),
  ]);

  const inputCents = sum([...input.values()].map(centsOf));
  expect(`${euros(inputCents)} ordered, all of it in the totals`, [
    same("total", euros(all.cents), euros(inputCents)),
    ...[...records].map(([id, { cents }]) => same(`money of ${id}`, euros(cents), euros(centsOf(orderOf(id))))),
  ]);

  const chargedOrders = new Map(ledger.map((charge) => [charge.order, charge.cents]));
  const paidCents = sum(paid.map((id) => centsOf(orderOf(id))));
  expect(`${euros(paidCents)} charged, for what was shipped or waits for a carrier, nothing twice`, [
    same("the gateway's ledger", euros(sum(ledger.map(({ cents }) => cents))), euros(paidCents)),
    same("number of charges", ledger.length, paid.length),
    ...paid.map((id) => same(`charge of ${id}`, euros(chargedOrders.get(id) ?? 0), euros(centsOf(orderOf(id))))),
  ]);

  const quantities = (/** @type {string[]} */ ids, /** @type {string} */ article) =>
    sum(ids.flatMap((id) => orderOf(id)?.lines ?? []).map((line) => (line?.article === article ? line.quantity : 0)));
  /** @type {Record<string, { quantity: number }>} */
  const start = JSON.parse(readFileSync(stockPath, "utf8"));
  const shelves = new Map(/** @type {Iterable<[string, Shelf]>} */ (store.scope("stock").entries()));
  const pieces = sum(Object.values(start).map(({ quantity }) => quantity));
  expect(`${pieces.toLocaleString("en-US")} pieces at the start: shipped, held or left, article by article`, [
    same("articles", [...shelves.keys()].join(), Object.keys(start).sort().join()),
    ...[...shelves].flatMap(([article, shelf]) => [
      shelf.left < 0 && `${article}: ${shelf.left} left`,
      same(`${article}, all together`, shelf.left + shelf.held + shelf.shipped, start[article]?.quantity ?? 0),
      same(`${article}, shipped`, shelf.shipped, quantities(shipped, article)),
      same(`${article}, held`, shelf.held, quantities(held, article)),
    ]),
  ]);

  expect(`${shipped.length} parcels with the carrier, one for each shipped order`, [
    same("parcels", manifest.length, shipped.length),
    same("shipments", [...store.scope("shipments").keys()].join(), [...shipped].sort().join()),
    ...shipped.map((id) => !manifest.some(({ order }) => order === id) && `${id} has no parcel`),
  ]);

  const duplicates = idsBy(({ status }) => status === "duplicate");
  const taken = new Set(idsBy(({ status, reason }) => status !== "duplicate" && reason !== "invalid").map((id) => orderOf(id)?.key));
  expect(`${duplicates.length} duplicates, each with the key of an order that was taken`, [
    ...duplicates.map((id) => !taken.has(orderOf(id)?.key) && `${id} repeats nothing`),
  ]);

  const tagged = [...store.scope("orders").find({ anyTags: ["attention"] })];
  expect(`${tagged.length} orders tagged for attention, and no other needs it`, [
    same("tagged", tagged.join(), idsBy(({ status }) => status === "attention").join()),
  ]);
  return findings;
}

/**
 * The orders by their line number; `undefined` where a line is not JSON.
 *
 * @param {string} path
 * @returns {Map<number, any>}
 */
function readAgain(path) {
  const lines = new Map();
  readFileSync(path, "utf8")
    .split(/\n/)
    .forEach((text, index) => {
      if (/^\s*$/.test(text)) return;
      let order;
      try {
        order = JSON.parse(text);
      } catch {}
      lines.set(index + 1, order);
    });
  return lines;
}
