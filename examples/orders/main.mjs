// @ts-check
/**
 * Owns the command: a busy hour of a shop, whose orders are validated, reserved, charged and shipped, with all state in Holdall.
 * `node examples/orders/main.mjs --help` says what it takes; README.md says what it shows.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createStore } from "holdall";
import { Carrier } from "./carrier.mjs";
import { checkBooks } from "./check.mjs";
import { SimulatedClock } from "./clock.mjs";
import { PaymentGateway } from "./gateway.mjs";
import { InputError, readOrders, readStock } from "./input.mjs";
import { showProgress } from "./progress.mjs";
import { printSummary } from "./summary.mjs";
import { Terminal } from "./terminal.mjs";
import { Workflow } from "./workflow.mjs";

/**
 * @import { Finding } from "./check.mjs"
 * @import { InputLine } from "./input.mjs"
 */

const help = `Runs the orders of a shop through a workflow that keeps its state in Holdall, and checks the books at the end.

Usage: node examples/orders/main.mjs [options]

  --orders FILE         the orders, one JSON object per line (default: the example's orders.jsonl)
  --stock FILE          the stock at the start (default: the example's stock.json)
  --seconds N           how long to take for the hour (default: 3 on a terminal, else 0: as fast as it goes)
  --check-against FILE  the orders to check the totals against (default: those of --orders, read again)
  --help                this text

Ends with 0, with 1 when the totals do not agree with the input, or with 2 when the input cannot be used.`;

const terminal = new Terminal(process.stdout, process.env);
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

/** @returns {Promise<number>} The exit code. */
async function main() {
  const options = readOptions();
  if (options.help) {
    terminal.line(help);
    return 0;
  }
  const lines = readOrders(options.orders);
  const stock = readStock(options.stock);
  const { start, span } = timesOf(lines);

  const clock = new SimulatedClock(start, (options.seconds * 1000) / span);
  const gateway = new PaymentGateway(clock);
  const carrier = new Carrier(clock);
  const store = createStore({ clock });
  const workflow = new Workflow({ store, clock, gateway, carrier, stock });

  terminal.line(`${lines.length} orders from ${options.orders}\n`);
  const stopProgress = showProgress({ orders: store.reader().scope("orders"), total: lines.length, clock, terminal });
  await workflow.run(lines).finally(stopProgress);
  terminal.line();

  for (const { problem } of lines) if (problem) terminal.line(terminal.paint("red", `Rejected: ${problem}`));
  printSummary({ store, stock, conflicts: workflow.warehouse.conflicts, terminal });
  const { ledger } = gateway;
  const { manifest } = carrier;
  return report(checkBooks({ ordersPath: options.against, stockPath: options.stock, store, ledger, manifest }), options.against);
}

/**
 * Prints what was checked.
 *
 * @param {Finding[]} findings
 * @param {string} path
 */
function report(findings, path) {
  terminal.line(terminal.paint("bold", `Checked against ${path}, read again`));
  for (const { promise, problems } of findings) {
    terminal.line(problems.length === 0 ? `  ${terminal.paint("green", "✓")} ${promise}` : `  ${terminal.paint("red", "✗")} ${promise}`);
    for (const problem of problems.slice(0, 5)) terminal.line(`      ${problem}`);
    if (problems.length > 5) terminal.line(`      and ${problems.length - 5} more`);
  }
  const failed = findings.filter(({ problems }) => problems.length > 0).length;
  if (failed > 0) terminal.line(`\n${failed} of ${findings.length} checks failed.`);
  return failed === 0 ? 0 : 1;
}

function readOptions() {
  const example = (/** @type {string} */ name) => relative("", fileURLToPath(new URL(name, import.meta.url)));
  try {
    const { values } = parseArgs({
      options: {
        orders: { type: "string", default: example("orders.jsonl") },
        stock: { type: "string", default: example("stock.json") },
        seconds: { type: "string", default: terminal.interactive ? "3" : "0" },
        "check-against": { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    const { orders, stock, help } = values;
    const seconds = Number(values.seconds);
    if (!(seconds >= 0 && seconds <= 3600)) throw new InputError(`--seconds takes a number from 0 to 3600, not ${values.seconds}.`);
    return { orders, stock, help, seconds, against: values["check-against"] ?? orders };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${/** @type {Error} */ (error).message}\nTry --help.`);
  }
}

/**
 * When the first order was placed, and how long it is until the last.
 *
 * @param {InputLine[]} lines
 */
function timesOf(lines) {
  const times = lines.map(({ order }) => Date.parse(/** @type {any} */ (order)?.placedAt)).filter((time) => !Number.isNaN(time));
  if (times.length === 0) return { start: 0, span: 1000 };
  const start = times.reduce((one, other) => Math.min(one, other));
  const end = times.reduce((one, other) => Math.max(one, other));
  return { start, span: Math.max(1000, end - start) };
}
