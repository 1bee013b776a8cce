/**
 * Holdall for workerd (Cloudflare Workers), which compiles no wasm at run time: the engine is imported as a module.
 *
 * @module
 */

import module from "../pkg/holdall_bg.wasm";
import { opener } from "./opener.js";
import { storeFactory } from "./store/factory.js";

export * from "./api.js";

/** Makes a plain store: in memory, everything synchronous. See {@link CreateStore}. */
export const createStore = /* @__PURE__ */ storeFactory(() => module);
export type { CreateStore } from "./store/factory.js";

/** Opens a store that a backend keeps. See {@link OpenStore}. */
export const openStore = /* @__PURE__ */ opener(() => () => module);
