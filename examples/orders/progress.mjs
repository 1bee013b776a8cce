// @ts-check
/**
 * Owns the live view of the run. It knows nothing of the workflow: it watches the scope `orders` and counts what ends there. On a terminal it
 * redraws one line, else it prints a line for every tenth of the orders.
 */
import { outcomes } from "./records.mjs";

/**
 * @import { Change, Reader } from "holdall"
 * @import { SimulatedClock } from "./clock.mjs"
 * @import { OrderRecord } from "./records.mjs"
 * @import { Terminal } from "./terminal.mjs"
 */

const framesPerSecond = 30;

/**
 * Shows how far the orders are, from now until the function that it returns is called.
 *
 * @param {{ orders: Reader, total: number, clock: SimulatedClock, terminal: Terminal }} surroundings
 * @returns {() => void}
 */
export function showProgress({ orders, total, clock, terminal }) {
  const counts = new Map(outcomes.map((outcome) => [/** @type {string} */ (outcome), 0]));
  let ended = 0;
  let retries = 0;
  let drawnAt = 0;

  const draw = () => {
    drawnAt = performance.now();
    const retried = retries === 1 ? "1 retry" : `${retries} retries`;
    terminal.redraw(barLine({ ended, total, time: clock.now(), notes: [...notes(), retried] }, terminal));
  };
  const notes = () => [...counts].filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${outcome}`);

  const unwatch = orders.watch((/** @type {Change<OrderRecord>} */ { value, previous }) => {
    retries += (value?.retries ?? 0) - (previous?.retries ?? 0);
    const count = counts.get(value?.status ?? "");
    if (value && count !== undefined) {
      counts.set(value.status, count + 1);
      ended += 1;
    }
    if (terminal.interactive) {
      if (performance.now() - drawnAt >= 1000 / framesPerSecond) draw();
    } else if (count !== undefined && tenths(ended, total) > tenths(ended - 1, total)) {
      terminal.line(`${timeOfDay(clock.now())} ${percent(ended, total)}  ${ended} of ${total} orders: ${notes().join(", ")}`);
    }
  });

  if (!terminal.interactive) return unwatch;
  // Whatever ends the process, even Ctrl-C, leaves the cursor visible.
  const release = () => terminal.release();
  const interrupt = (/** @type {string} */ signal) => process.exit(signal === "SIGINT" ? 130 : 143);
  process.once("exit", release).once("SIGINT", interrupt).once("SIGTERM", interrupt);
  draw();
  return () => {
    unwatch();
    draw();
    process.off("exit", release).off("SIGINT", interrupt).off("SIGTERM", interrupt);
    release();
  };
}

/**
 * One line: time, bar, percentage, counts. Of the counts, the last are left out where the terminal is too narrow.
 *
 * @param {{ ended: number, total: number, time: number, notes: readonly string[] }} state
 * @param {Terminal} terminal
 */
function barLine({ ended, total, time, notes }, terminal) {
  const width = Math.min(40, Math.max(10, terminal.columns - 84));
  const filled = Math.round((width * ended) / total);
  const bar = terminal.paint("green", "█".repeat(filled)) + terminal.paint("dim", "░".repeat(width - filled));
  const room = terminal.columns - 1 - `00:00 ${percent(ended, total)}  `.length - width;
  const shown = notes.filter((_, index) => notes.slice(0, index + 1).join(" · ").length <= room);
  return `${terminal.paint("dim", timeOfDay(time))} ${bar}${percent(ended, total)}  ${shown.join(" · ")}`;
}

/** @param {number} time */
function timeOfDay(time) {
  return new Date(time).toISOString().slice(11, 16);
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
  return Math.floor((10 * part) / whole);
}
