/**
 * The types of workflow runs.
 *
 * @module
 */

export type * from "./node.js";
export type * from "./progress.js";
export type * from "./runner.js";
export type * from "./template.js";
