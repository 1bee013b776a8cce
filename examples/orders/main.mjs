// @ts-check
/**
 * Owns the command: a busy hour of a shop, whose orders are validated, reserved, charged and shipped, with all state in Holdall.
 * `node examples/orders/main.mjs --help` says what it takes; README.md says what it shows.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { HoldallError } from "holdall";
import { ServerError } from "../redis/own-server.mjs";
import { checkBooks } from "./check.mjs";
import { InputError, readOrders, readStock } from "./input.mjs";
import { startJob, workers } from "./job.mjs";
import { doneIn, showProgress } from "./progress.mjs";
import { backendKinds, openState } from "./state.mjs";
import { printSummary } from "./summary.mjs";
import { Terminal } from "./terminal.mjs";

/**
 * @import { Finding } from "./check.mjs"
 * @import { BackendKind } from "./state.mjs"
 * @import { Totals } from "./totals.mjs"
 */

const help = `Runs the orders of a shop through a workflow that keeps its state in Holdall, and checks the books at the end. It can be
killed at any moment: started again, it goes on where it was. When it has finished, another start begins anew.

Usage: node examples/orders/main.mjs [options]

  --backend KIND        where the state is kept: file (default), redis, or memory (nothing to go on from)
  --url URL             of the Redis server (default: one of its own, by redis-server, with its data in the folder)
  --state FOLDER        the folder of the state (default: the example's state/)
  --fresh               gives up what is unfinished, and begins anew
  --orders FILE         the orders, one JSON object per line (default: the example's orders.jsonl)
  --stock FILE          the stock at the start (default: the example's stock.json)
  --seconds N           how long the other companies take for it all (default: 3 on a terminal, else 0: no time)
  --check-against FILE  the orders to check the totals against (default: those of --orders, read again)
  --help                this text

Ends with 0, with 1 when the totals do not agree with the input or another process has taken over, or with 2 when the input or the backend
cannot be used.`;

const terminal = new Terminal(process.stdout, process.env);
try {
  process.exitCode = await main();
} catch (error) {
  const isSaid = error instanceof InputError || error instanceof ServerError;
  // What a node throws is a mistake of ours: that is shown whole.
  if (!isSaid && !(error instanceof HoldallError && error.code !== "NODE_FAILED")) throw error;
  console.error(isSaid ? error.message : `${error.code}: ${error.message}`);
  process.exitCode = !isSaid && error.code === "LEASE_LOST" ? 1 : 2;
}

/** @returns {Promise<number>} The exit code. */
async function main() {
  const options = readOptions();
  if (options.help) {
    terminal.line(help);
    return 0;
  }
  const lines = readOrders(options.orders);
  const total = lines.length;
  const stock = readStock(options.stock);
  const state = await openState(options);
  try {
    // Each order waits for three calls: a look for its payment, the payment, the parcel.
    const job = await startJob(state, { ...options, pause: (options.seconds * 1000 * workers) / (total * 3) });
    const { run, isResumed, nodes, gateway, carrier } = job;
    const orders = run.store.scope("orders");
    const beginning = isResumed ? `resuming: ${doneIn(orders)} of ${total} orders done, from` : `${total} orders from`;
    terminal.line(`${beginning} ${options.orders}\n`);
    const stopProgress = showProgress({ orders, nodes, total, terminal });
    const { outputs } = await run.done.finally(stopProgress);
    terminal.line();

    for (const { problem } of lines) if (problem) terminal.line(terminal.paint("red", `Rejected: ${problem}`));
    const { totals, keys } = /** @type {{ totals: Totals, keys: number }} */ (outputs.close);
    printSummary({ store: run.store, stock, totals, keys, conflicts: state.store.status.conflicts, terminal });
    await job.close();
    const { ledger } = gateway;
    const { manifest } = carrier;
    const books = { ordersPath: options.against, stockPath: options.stock, store: run.store, ledger, manifest };
    return report(checkBooks(books), options.against);
  } finally {
    await state.close();
  }
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
        backend: { type: "string", default: "file" },
        url: { type: "string" },
        state: { type: "string", default: example("state") },
        fresh: { type: "boolean", default: false },
        orders: { type: "string", default: example("orders.jsonl") },
        stock: { type: "string", default: example("stock.json") },
        seconds: { type: "string", default: terminal.interactive ? "3" : "0" },
        "check-against": { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    const { orders, stock, help, url, state: folder, fresh: isFresh } = values;
    const backend = /** @type {BackendKind} */ (values.backend);
    if (!backendKinds.includes(backend)) throw new InputError(`--backend takes ${backendKinds.join(", ")}, not ${backend}.`);
    if (url !== undefined && backend !== "redis") throw new InputError("--url goes with --backend redis.");
    const seconds = Number(values.seconds);
    if (!(seconds >= 0 && seconds <= 3600)) throw new InputError(`--seconds takes a number from 0 to 3600, not ${values.seconds}.`);
    return { backend, url, folder, isFresh, orders, stock, help, seconds, against: values["check-against"] ?? orders };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${/** @type {Error} */ (error).message}\nTry --help.`);
  }
}
