/**
 * Holdall: a store that workflows keep their state in. This entry carries the engine within it.
 *
 * @module
 */

import { inlinedEngine } from "./inlined.js";
import { opener } from "./opener.js";
import { storeFactory } from "./store/factory.js";

export * from "./api.js";

/** Makes a plain store: in memory, everything synchronous. See {@link CreateStore}. */
export const createStore = /* @__PURE__ */ storeFactory(inlinedEngine);
export type { CreateStore } from "./store/factory.js";

/** Opens a store that a backend keeps. See {@link OpenStore}. */
export const openStore = /* @__PURE__ */ opener(async () => (await import("./inlined-replica.js")).inlinedReplicaEngine);
