/**
 * A process that writes to a store as it is told by messages: where the store is, what to do, then up to where to wait.
 *
 * @module
 */
import { file } from "../../../ts/backends/file/index.js";
import { redis } from "../../../ts/backends/redis/index.js";
import { openStore } from "../../../ts/index.js";
import type { Account } from "./accounts.js";
import { plan } from "./plan.js";
import { skewed, Writer } from "./writer.js";

/** Where a store is kept. */
export type Place = { readonly path: string } | { readonly url: string };

/** What a process is told first. */
export interface Task {
  readonly place: Place;
  readonly writer: string;
  readonly seed: number;
  readonly steps: number;
  /** By how many milliseconds its clock is off. */
  readonly skew: number;
}

/** What it is told, and what it tells. */
export type Message =
  | { readonly type: "task"; readonly task: Task }
  | { readonly type: "done" }
  | { readonly type: "end"; readonly cursor: string }
  | { readonly type: "account"; readonly account: Account };

const tell = (message: Message) => process.send?.(message);
const told = () => new Promise<Message>((resolve) => process.once("message", resolve));

const first = await told();
if (first.type !== "task") throw new Error("a task is told first");
const { place, writer: name, seed, steps, skew } = first.task;
const clock = skewed(skew);
const backend = "path" in place ? file({ path: place.path, clock }) : redis({ url: place.url });
const store = await openStore({ backend, clock });
const writer = new Writer(name, store);
await writer.work(plan(seed, steps));
const last = told();
tell({ type: "done" });
const end = await last;
if (end.type !== "end") throw new Error("the end is told then");
tell({ type: "account", account: await writer.account(end.cursor) });
await store.close();
await backend.close();
process.disconnect();
