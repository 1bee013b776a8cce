// @ts-check
/**
 * Owns which run is the job: the one that an earlier process did not finish, or a new one. Where a run stands is data in the store, found by its tag; what this process
 * has to know to go on is there, or in the books of the other companies.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createRunner } from "holdall/workflow";
import { Carrier } from "./carrier.mjs";
import { PaymentGateway } from "./gateway.mjs";
import { InputError } from "./input.mjs";
import { orderNodes } from "./nodes.mjs";
import { slowness } from "./outside.mjs";

/**
 * @import { BackedStore } from "holdall"
 * @import { RunRecord } from "holdall/workflow"
 * @import { openState } from "./state.mjs"
 */

const template = JSON.parse(readFileSync(new URL("orders.json", import.meta.url), "utf8"));

/** How many orders are worked on at once. */
export const workers = 8;

/**
 * Begins the job, or goes on with it.
 *
 * @param {Awaited<ReturnType<typeof openState>>} state
 * @param {{ orders: string, stock: string, isFresh: boolean, pause: number }} options Whether to give up what is unfinished; how slow other companies are, in milliseconds.
 */
export async function startJob({ store, books }, { orders, stock, isFresh, pause }) {
  const inputs = { orders: resolve(orders), stock: resolve(stock), digest: digestOf(orders, stock) };
  const unfinished = unfinishedIn(store);
  if (unfinished && !isFresh && unfinished.inputs.digest !== inputs.digest) {
    throw new InputError(
      `An unfinished job has other orders: ${unfinished.inputs.orders}, as they were then. Finish it with those, or begin anew with --fresh.`,
    );
  }
  const resumed = isFresh ? undefined : unfinished?.id;
  const id = resumed ?? `orders:${Date.now().toString(36)}`;
  const [, name = ""] = id.split(":");
  const gateway = new PaymentGateway(books.open(name, "charges"), slowness(pause));
  const carrier = new Carrier(books.open(name, "parcels"), slowness(pause));
  // A name of its own, so that nobody waits for the lease of a process that was killed.
  const runner = createRunner({
    store,
    worker: "shop",
    concurrency: workers,
    retention: { store: "1d" },
    nodes: orderNodes({ gateway, carrier }),
  });
  if (unfinished && !resumed) await runner.cancel(unfinished.id);
  if (!resumed) books.clear();
  await runner.upsertGraph("orders", template);
  const run = await (resumed ? runner.resume(id) : runner.trigger("orders", { id: name, inputs }));
  const nodes = store.reader().scope("run").scope("orders").scope(name).scope("node");
  return { run, isResumed: resumed !== undefined, nodes, gateway, carrier, close: () => runner.close() };
}

/**
 * The run that is still to be finished, if there is one.
 *
 * @param {BackedStore} store
 */
function unfinishedIn(store) {
  const [key] = store.find({ anyTags: ["run:running", "run:failed"], prefix: "run:orders:" });
  return key === undefined ? undefined : /** @type {RunRecord & { inputs: { orders: string, digest: string } }} */ (store.getOrThrow(key));
}

/** @param {string[]} paths */
function digestOf(...paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}
