/**
 * `holdall/backends/file`: stores in a folder of a local disk, shared by the processes of one machine. Node, with the package `lmdb`.
 *
 * - **Kept.** A commit that was acknowledged is flushed to the disk, and survives the process and the machine. Commits that are made at once share a flush.
 * - **Shared.** Several processes may open the same store: conditions are exact between them, and each sees the others' commits within some 25 ms.
 * - **Local.** Only on file systems of the machine itself: LMDB maps the file into memory and locks by shared memory, which network file systems do not keep.
 *
 * A full disk refuses a commit with `QUOTA_EXCEEDED`. A folder that holds anything but Holdall's data is `CORRUPTED`, and is left as it is.
 *
 * - **Damaged.** LMDB has no checksums, and ends the process at a page that makes no sense to it. So its trees are walked through before it opens the file, which reads the file
 *   once: damage to what LMDB goes by is `CORRUPTED`, too. Each record has a checksum of its own: a commit that needs a damaged one is refused with `CORRUPTED`, and so is
 *   loading; what is damaged is not written over, and `removeStore` removes it. What this cannot find: damage to LMDB's trees that comes while the file is open. Folders of
 *   layout 1, which was before checksums, go on without.
 *
 * @module
 */

import { HoldallTypeError } from "../../errors.js";
import type { Backend, Capabilities } from "../backend.js";
import { LocalBackend, type LocalOptions } from "../local/backend.js";
import { FileMedium } from "./medium.js";

export type { Backend, LogBounds } from "../backend.js";
export type { LocalOptions } from "../local/backend.js";

/** Where `file` keeps its stores, and what tests set. */
export interface FileOptions extends LocalOptions {
  /** The folder; made where it is missing. It holds `data.mdb` and `lock.mdb`, and belongs to the backend. */
  readonly path: string;
}

/** What a store in a folder can do. */
export const fileCapabilities: Capabilities = {
  durability: "fsync",
  // A commit is written twice, as entries and in the log, and its pages wait in memory until it is.
  maxCommitBytes: 32 * 2 ** 20,
  values: "any",
  expiry: true,
  metadata: true,
  scopes: true,
  names: true,
  limits: true,
};

/**
 * Makes a backend that keeps its stores in a folder. Nothing is opened before the first store is.
 *
 * Opening a store rejects with `CLIENT_MISSING` when the package `lmdb` is missing, `CORRUPTED` when the folder holds something else or was damaged,
 * `FORMAT_TOO_NEW` when a later version has written it, `UNAVAILABLE` when it cannot be read or written.
 *
 * @param options - the folder; for tests, a clock and a shorter log
 * @throws `INVALID_ARGUMENT` when the path is none.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { file } from "holdall/backends/file";
 *
 * const path = await mkdtemp(join(tmpdir(), "orders-"));
 * const backend = file({ path });
 * const store = await backend.open({ name: "orders", scope: "", replica: "first" });
 * (await store.head()).number; // 0
 * await backend.close();
 * await rm(path, { recursive: true });
 * ```
 */
export function file(options: FileOptions): Backend {
  const path: unknown = options?.path;
  if (typeof path !== "string" || path === "" || path.includes("\0")) throw new HoldallTypeError("file: path must be the name of a folder");
  return new LocalBackend("file", fileCapabilities, () => FileMedium.open(path), options);
}
