// @ts-check
/**
 * Owns the live view of the run. It knows nothing of the workflow: it watches the records of orders and of nodes, and counts what ends and what is tried again. On a
 * terminal it redraws one line, else it prints a line for every tenth of the orders.
 */
import { outcomes } from "./records.mjs";

/**
 * @import { Change, Reader } from "holdall"
 * @import { NodeRecord } from "holdall/workflow"
 * @import { OrderRecord } from "./records.mjs"
 * @import { Terminal } from "./terminal.mjs"
 */

const framesPerSecond = 30;

/**
 * How many orders have ended.
 *
 * @param {Reader} orders
 */
export function doneIn(orders) {
  let done = 0;
  for (const { status } of /** @type {Iterable<OrderRecord>} */ (orders.values())) {
    if (/** @type {readonly string[]} */ (outcomes).includes(status)) done += 1;
  }
  return done;
}

/**
 * Shows how far the orders are, from now until the function that it returns is called.
 *
 * @param {{ orders: Reader, nodes: Reader, total: number, terminal: Terminal }} surroundings
 * @returns {() => void}
 */
export function showProgress({ orders, nodes, total, terminal }) {
  /** How many orders are where: paid for, or at one of their ends. */
  const counts = new Map(["charged", ...outcomes].map((status) => [status, 0]));
  let retries = 0;
  let drawnAt = 0;

  const count = (/** @type {OrderRecord | undefined} */ record, /** @type {number} */ by) => {
    const present = record && counts.get(record.status);
    if (record && present !== undefined) counts.set(record.status, present + by);
  };
  const charged = () => counts.get("charged") ?? 0;
  const ended = () => [...counts.values()].reduce((sum, one) => sum + one, 0) - charged();
  /** How much of the work is done: an order that is paid for is half-way. */
  const done = () => ended() + charged() / 2;
  const notes = () => [...counts].filter(([, one]) => one > 0).map(([status, one]) => `${one} ${status}`);
  const draw = () => {
    drawnAt = performance.now();
    const retried = retries === 1 ? "1 retry" : `${retries} retries`;
    terminal.redraw(barLine({ ended: ended(), charged: charged(), total, notes: [...notes(), retried] }, terminal));
  };
  for (const record of /** @type {Iterable<OrderRecord>} */ (orders.values())) count(record, 1);
  for (const { attempt } of /** @type {Iterable<NodeRecord>} */ (nodes.values())) retries += attempt - 1;

  const unwatch = [
    nodes.watch((/** @type {Change<NodeRecord>} */ { value, previous }) => {
      retries += (value?.attempt ?? 1) - (previous?.attempt ?? 1);
    }),
    orders.watch((/** @type {Change<OrderRecord>} */ { value, previous }) => {
      const before = done();
      count(previous, -1);
      count(value, 1);
      if (terminal.interactive) {
        if (performance.now() - drawnAt >= 1000 / framesPerSecond) draw();
      } else if (tenths(done(), total) > tenths(before, total)) {
        terminal.line(`${percent(done(), total)}  ${ended()} of ${total} orders done: ${notes().join(", ")}`);
      }
    }),
  ];
  const stop = () => {
    for (const end of unwatch) end();
  };

  if (!terminal.interactive) return stop;
  // Whatever ends the process, even Ctrl-C, leaves the cursor visible.
  const release = () => terminal.release();
  const interrupt = (/** @type {string} */ signal) => process.exit(signal === "SIGINT" ? 130 : 143);
  process.once("exit", release).once("SIGINT", interrupt).once("SIGTERM", interrupt);
  draw();
  return () => {
    stop();
    draw();
    process.off("exit", release).off("SIGINT", interrupt).off("SIGTERM", interrupt);
    release();
  };
}

/**
 * One line: bar, percentage, counts. Of the counts, the last are left out where the terminal is too narrow.
 *
 * @param {{ ended: number, charged: number, total: number, notes: readonly string[] }} state
 * @param {Terminal} terminal
 */
function barLine({ ended, charged, total, notes }, terminal) {
  const width = Math.min(40, Math.max(10, terminal.columns - 92));
  const filled = Math.round((width * ended) / total);
  const halfway = Math.round((width * (ended + charged)) / total) - filled;
  const bar =
    terminal.paint("green", "█".repeat(filled) + "▒".repeat(halfway)) + terminal.paint("dim", "░".repeat(width - filled - halfway));
  const share = percent(ended + charged / 2, total);
  const room = terminal.columns - 1 - `${share}  `.length - width;
  const shown = notes.filter((_, index) => notes.slice(0, index + 1).join(" · ").length <= room);
  return `${bar}${share}  ${shown.join(" · ")}`;
}

/**
 * @param {number} part
 * @param {number} whole
 */
function percent(part, whole) {
  return `${Math.floor((100 * part) / whole)} %`.padStart(6);
}

/**
 * @param {number} part
 * @param {number} whole
 */
function tenths(part, whole) {
  // Of a few orders no more than there are, though each is half-way once.
  return Math.floor((Math.min(10, whole) * part) / whole);
}
