/**
 * The types of the store's public face.
 *
 * @module
 */

export type * from "./changes.js";
export type * from "./merging.js";
export type * from "./middleware.js";
export type * from "./options.js";
export type * from "./reading.js";
export type * from "./schema.js";
export type * from "./shapes.js";
export type * from "./typed.js";
export type * from "./values.js";
export type * from "./views.js";
export type * from "./writing.js";
