/**
 * Holdall without the engine in it: `await load(source)` first, then `createStore()`. For those who stream the wasm file (`holdall/wasm`).
 *
 * @module
 */

import { loadedEngine } from "./load.js";
import { opener } from "./opener.js";
import { storeFactory } from "./store/factory.js";

export * from "./api.js";
export { type LoadableEngine, load } from "./load.js";

/** Makes a plain store on the engine that was loaded; `ENGINE_UNAVAILABLE` before that. See {@link CreateStore}. */
export const createStore = /* @__PURE__ */ storeFactory(loadedEngine);
export type { CreateStore } from "./store/factory.js";

/** Opens a store that a backend keeps, on the engine that was loaded; `ENGINE_UNAVAILABLE` before that. See {@link OpenStore}. */
export const openStore = /* @__PURE__ */ opener(() => loadedEngine);
