// @ts-check
/** Owns the end of the run: the tables that show what became of the orders and of the stock, and who has to be looked at. */
import { euros } from "./money.mjs";

/**
 * @import { Reader } from "holdall"
 * @import { Stock } from "./input.mjs"
 * @import { Shelf } from "./nodes.mjs"
 * @import { OrderRecord } from "./records.mjs"
 * @import { Terminal } from "./terminal.mjs"
 * @import { Total, Totals } from "./totals.mjs"
 */

/**
 * Prints the tables, and the orders that somebody has to look at.
 *
 * @param {{ store: Reader, stock: Stock, totals: Totals, keys: number, conflicts: number, terminal: Terminal }} surroundings
 */
export function printSummary({ store, stock, totals, keys, conflicts, terminal }) {
  const row = (/** @type {string} */ name, /** @type {Total} */ { orders, cents, retries }) => [
    name,
    count(orders),
    euros(cents),
    count(retries),
  ];
  /** @type {string[][]} */
  const outcomeRows = [];
  for (const [outcome, total] of Object.entries(totals.outcomes)) {
    outcomeRows.push(row(outcome, total));
    for (const [reason, part] of Object.entries(total.reasons)) outcomeRows.push(row(`  ${reason}`, part));
  }
  printTable(terminal, ["Orders", "Count", "Money", "Retries"], outcomeRows, row("total", totals.all));

  const shelves = [...store.scope("stock").entries()].map(([article, shelf]) => ({ article, .../** @type {Shelf} */ (shelf) }));
  const sum = { left: 0, held: 0, shipped: 0, start: 0 };
  const stockRows = shelves.map(({ article, left, held, shipped }) => {
    const { name, quantity } = stock[article] ?? { name: article, quantity: 0 };
    sum.start += quantity;
    sum.left += left;
    sum.held += held;
    sum.shipped += shipped;
    return [name, ...[quantity, shipped, held, left].map(count)];
  });
  printTable(terminal, ["Stock", "At start", "Shipped", "Held", "Left"], stockRows, [
    "total",
    ...[sum.start, sum.shipped, sum.held, sum.left].map(count),
  ]);

  printAttention(store, terminal);
  terminal.line(`Commits that found somebody quicker, and looked again: ${conflicts}`);
  terminal.line(`Idempotency keys that are remembered, each for ${store.get("key_lifetime")}: ${keys}`);
  terminal.line();
}

/**
 * @param {Reader} store
 * @param {Terminal} terminal
 */
function printAttention(store, terminal) {
  const keys = [...store.find({ anyTags: ["attention"] })];
  if (keys.length === 0) return;
  terminal.line(terminal.paint("bold", `Needs attention (the tag, on ${keys.length} orders)`));
  for (const key of keys) {
    const { reason, cents, detail } = /** @type {OrderRecord} */ (store.getOrThrow(key));
    const id = key.slice(key.indexOf(":") + 1);
    terminal.line(`  ${id}  ${terminal.paint("yellow", (reason ?? "").padEnd(8))}${euros(cents).padStart(11)}  ${detail}`);
  }
  terminal.line();
}

/**
 * @param {Terminal} terminal
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @param {readonly string[]} foot
 */
function printTable(terminal, head, rows, foot) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows, foot].map((cells) => (cells[column] ?? "").length)));
  const align = (/** @type {readonly string[]} */ cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("   ");
  const rule = terminal.paint("dim", "─".repeat(align(head).length));
  terminal.line(terminal.paint("bold", align(head)));
  for (const text of [rule, ...rows.map(align), rule, align(foot), ""]) terminal.line(text);
}

/** @param {number} number */
function count(number) {
  return number.toLocaleString("en-US");
}
