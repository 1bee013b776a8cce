/**
 * `holdall/testing`: what tests of code that uses a store need.
 *
 * @module
 */

export type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";
export { type ManualClock, manualClock } from "./manual-clock.js";
