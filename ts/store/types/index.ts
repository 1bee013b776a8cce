/**
 * The types of the store's public face.
 *
 * @module
 */

export type * from "./changes.js";
export type * from "./options.js";
export type * from "./schema.js";
export type * from "./typed.js";
export type * from "./values.js";
export type * from "./views.js";
