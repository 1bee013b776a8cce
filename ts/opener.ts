/**
 * Makes `openStore` for a platform. What it needs is loaded when it is first called: who has plain stores only pays nothing for it.
 *
 * @module
 */

import type { EngineSource } from "./engine.js";
import type { BackedStore, OpenOptions } from "./replica/types.js";

/**
 * Opens a store that a backend keeps, and resolves when what the backend holds is loaded. The first call loads and compiles the engine with replicas.
 *
 * @throws `INVALID_ARGUMENT` or `OUT_OF_RANGE` for options, `NOT_SUPPORTED` for what the backend cannot do, `UNAVAILABLE` when it cannot be reached,
 * `FORMAT_TOO_NEW` when a later version wrote the store, `CORRUPTED` when what is there is damaged or not Holdall's, `ENGINE_UNAVAILABLE`.
 *
 * @example
 * ```ts
 * import { openStore } from "holdall";
 * import { memory } from "holdall/backends/memory";
 *
 * const store = await openStore({ backend: memory(), name: "orders" });
 * store.set("17", { state: "paid" }); // shown at once
 * await store.flush(); // and acknowledged now
 * await store.close();
 * ```
 */
export type OpenStore = (options: OpenOptions) => Promise<BackedStore>;

/** Makes `openStore` on an engine from a source. */
export function opener(source: () => EngineSource | Promise<EngineSource>): OpenStore {
  return async (options) => {
    const { open } = await import("./replica/open.js");
    return open(await source(), options);
  };
}
