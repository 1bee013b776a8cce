/**
 * Pepr's `Store` on Holdall, for workerd.
 *
 * @module
 */
import { createStore } from "../workerd.js";
import { peprFactory } from "./factory.js";

/** Makes a Pepr store over a Holdall store; without options, over one of its own in memory. */
export const peprStore = /* @__PURE__ */ peprFactory(createStore);
export type { PeprFactory } from "./factory.js";
export { type PeprNamespace, PeprStore } from "./store.js";
export { type Connect, type Connection, StrictPeprStore } from "./strict.js";
export type * from "./types.js";
