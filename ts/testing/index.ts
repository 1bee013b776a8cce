/**
 * `holdall/testing`: what tests of code that uses a store need, and the suite that a backend has to pass.
 *
 * @module
 */

export type { Backend, Capabilities } from "../backends/backend.js";
export type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";
export { type ManualClock, manualClock } from "./manual-clock.js";
export { backendSuite } from "./suites/backend/index.js";
export type {
  BackendAbilities,
  BackendPlace,
  BackendSuiteOptions,
  ConnectionSettings,
  SuiteTest,
} from "./suites/backend/options.js";
export { type PeprItemStore, type PeprSuiteOptions, peprSuite } from "./suites/pepr/index.js";
export { storeSuite } from "./suites/store/index.js";
export type { StoreSuiteOptions } from "./suites/store/trial.js";
