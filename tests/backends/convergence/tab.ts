/**
 * A tab that writes to a database as its frame's name says, and tells the page which opened it.
 *
 * @module
 */
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { openStore } from "../../../ts/index.js";
import type { Account } from "./accounts.js";
import { plan } from "./plan.js";
import { skewed, Writer } from "./writer.js";

/** What a tab is to do. */
export interface TabTask {
  readonly database: string;
  readonly writer: string;
  readonly seed: number;
  readonly steps: number;
  /** By how many milliseconds its clock is off. */
  readonly skew: number;
}

/** What a tab tells. */
export type TabMessage = { readonly writer: string } & (
  | { readonly type: "done" }
  | { readonly type: "account"; readonly account: Account }
  | { readonly type: "failed"; readonly why: string }
);

/** What a tab is told at the end. */
export interface TabEnd {
  readonly cursor: string;
}

const { database, writer: name, seed, steps, skew } = JSON.parse(window.name) as TabTask;
const tell = (message: TabMessage) => window.parent.postMessage(message, "*");

try {
  const clock = skewed(skew);
  const backend = indexedDb({ database, clock });
  const store = await openStore({ backend, clock });
  const writer = new Writer(name, store);
  await writer.work(plan(seed, steps));
  const end = new Promise<TabEnd>((resolve) => window.addEventListener("message", ({ data }) => resolve(data), { once: true }));
  tell({ writer: name, type: "done" });
  const account = await writer.account((await end).cursor);
  await store.close();
  await backend.close();
  tell({ writer: name, type: "account", account });
} catch (error) {
  tell({ writer: name, type: "failed", why: error instanceof Error ? `${error.stack}` : String(error) });
}
