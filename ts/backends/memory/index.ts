/**
 * `holdall/backends/memory`: stores in the memory of this process, shared by the replicas that are opened on one object. For tests, and for
 * several replicas within a process.
 *
 * @module
 */

import type { Backend, Capabilities } from "../backend.js";
import { LocalBackend, type LocalOptions } from "../local/backend.js";
import { MemoryMedium } from "./medium.js";

export type { Backend, LogBounds } from "../backend.js";
export type { LocalOptions } from "../local/backend.js";

/** What a store in memory can do. */
export const memoryCapabilities: Capabilities = {
  durability: "memory",
  maxCommitBytes: 64 * 2 ** 20,
  values: "any",
  expiry: true,
  metadata: true,
  scopes: true,
  names: true,
  limits: true,
};

/**
 * Makes a backend that keeps its stores in memory. They live as long as it does, whether or not a replica has them open.
 *
 * @param options - a clock and a shorter log, for tests
 *
 * @example
 * ```ts
 * import { memory } from "holdall/backends/memory";
 *
 * const backend = memory();
 * const store = await backend.open({ name: "orders", scope: "", replica: "first" });
 * (await store.head()).number; // 0
 * ```
 */
export function memory(options: LocalOptions = {}): Backend {
  const medium = new MemoryMedium();
  return new LocalBackend("memory", memoryCapabilities, async () => medium, options);
}
