/**
 * `holdall/backends/indexeddb`: stores in a browser's database, shared live by the tabs and workers of an origin. Needs the package `idb`.
 *
 * - **Kept.** A commit that was acknowledged is on the disk (`durability: "strict"`), and survives the tab and the browser.
 * - **Shared.** Tabs and workers tell each other of their commits, and look by themselves once a second in case a message was missed.
 * - **At the browser's mercy.** A browser may throw an origin's data away when room runs short, unless it has granted `navigator.storage.persist()`;
 *   `persisted` of a store tells whether it has.
 *
 * Service workers may not import anything once they run, as opening the first store does: bundle theirs into one file.
 *
 * A quota that is used up refuses a commit with `QUOTA_EXCEEDED`, and does not touch those of others. What is kept can be opened and read then. Commits that delete
 * take room too, in the log, so they may be refused as well; `removeStore` is not.
 *
 * @module
 */

import { HoldallTypeError } from "../../errors.js";
import type { Backend, Capabilities } from "../backend.js";
import { LocalBackend, type LocalOptions } from "../local/backend.js";
import { DatabaseMedium } from "./medium.js";

export type { Backend, LogBounds } from "../backend.js";
export type { LocalOptions } from "../local/backend.js";

/** Which database to keep stores in, and what tests set. */
export interface IndexedDbOptions extends LocalOptions {
  /** The name of the database; made where it is missing, and the backend's alone. */
  readonly database: string;
}

/** What a store in a browser's database can do. */
export const indexedDbCapabilities: Capabilities = {
  durability: "fsync",
  maxCommitBytes: 16 * 2 ** 20,
  values: "any",
  expiry: true,
  metadata: true,
  scopes: true,
  names: true,
  limits: true,
};

/**
 * Makes a backend that keeps its stores in a database of the browser. Nothing is opened before the first store is.
 *
 * Opening a store rejects with `NOT_SUPPORTED` when there is no IndexedDB or the page may not use it, `CLIENT_MISSING` without idb, `CORRUPTED` when
 * the database is somebody else's, `FORMAT_TOO_NEW` when a later version has made it, `UNAVAILABLE` when the browser does not open it.
 *
 * @param options - the database; for tests, a clock and a shorter log
 * @throws `INVALID_ARGUMENT` when the name of the database is none.
 *
 * @example
 * ```ts
 * import { indexedDb } from "holdall/backends/indexeddb";
 *
 * const backend = indexedDb({ database: "orders" });
 * backend.capabilities.durability; // "fsync"
 * ```
 */
export function indexedDb(options: IndexedDbOptions): Backend {
  const database: unknown = options?.database;
  if (typeof database !== "string" || database === "") throw new HoldallTypeError("indexedDb: database must be a name");
  return new LocalBackend("indexeddb", indexedDbCapabilities, () => DatabaseMedium.open(database), options);
}
