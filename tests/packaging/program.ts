/**
 * The program that every consumer runs: the same few calls of every subpath, and what they must answer wherever they run.
 *
 * @module
 */

/** What the program takes from the package, as ES imports. */
export const imports = `import { createStore, HoldallError } from "holdall";
import { peprStore } from "holdall/pepr";
import { DataStore } from "holdall/datastore";
import { createRunner } from "holdall/workflow";
import { manualClock } from "holdall/testing";
`;

/** The same as CommonJS. */
export const requires = `const { createStore, HoldallError } = require("holdall");
const { peprStore } = require("holdall/pepr");
const { DataStore } = require("holdall/datastore");
const { createRunner } = require("holdall/workflow");
const { manualClock } = require("holdall/testing");
`;

/** What is done with it; leaves the answer in `result`. */
export const body = `
const clock = manualClock(1_000);
const store = createStore({ clock });
const heard = [];
store.watch(({ type, key }) => heard.push(type + " " + key));
const orders = store.scope("order");
orders.set("1", { lines: [1, 2], placed: new Date(0) }, { ttl: "1s" });
orders.set("2", { total: 25n, note: "two \\u{1F4E6}" });
clock.advance(1_000);
let code;
try {
  orders.getOrThrow("1");
} catch (error) {
  code = error instanceof HoldallError ? error.code : String(error);
}
const pepr = peprStore();
pepr.setItem("key", "value");
const { queue } = DataStore.memory();
const { worker } = createRunner({ store, nodes: {}, worker: "first" });
const result = JSON.stringify({ keys: [...store.keys()], total: String(orders.get("2").total), note: orders.get("2").note, heard, code, pepr: pepr.getItem("key"), push: typeof queue.push, worker });
`;

/** What `result` must be. */
export const expected = {
  keys: ["order:2"],
  total: "25",
  note: "two \u{1F4E6}",
  heard: ["set order:1", "set order:2", "expire order:1"],
  code: "NOT_FOUND",
  pepr: "value",
  push: "function",
  worker: "first",
};
