/**
 * The suite of backed stores: what `openStore` promises on a backend, as tests for any runner.
 *
 * @module
 */

import type { SuiteTest } from "../backend/options.js";
import { annotatedPromises, decidedPromises, expiryPromises } from "./decided.js";
import { hearingPromises, lifetimePromises } from "./lifetime.js";
import { type StorePromise, type StoreSuiteOptions, StoreTrial } from "./trial.js";
import { writePromises } from "./writes.js";

const promises: readonly StorePromise[] = [
  ...writePromises,
  ...decidedPromises,
  ...annotatedPromises,
  ...expiryPromises,
  ...hearingPromises,
  ...lifetimePromises,
];

/**
 * Lists what a store on a backend promises, as tests that any runner can run: one for each promise that the backend makes possible by what it declares.
 * Run it on the store, again on a scope, and again on a replica that holds a scope only.
 *
 * @example
 * ```ts
 * import { openStore } from "holdall";
 * import { memory } from "holdall/backends/memory";
 * import { storeSuite } from "holdall/testing";
 *
 * const tests = storeSuite({
 *   openStore,
 *   view: "scope",
 *   capabilities: memory().capabilities,
 *   create() {
 *     const place = memory();
 *     return { connect: () => place };
 *   },
 * });
 * // With a runner: for (const { name, run } of tests) test(name, run);
 * await tests[0]?.run();
 * ```
 */
export function storeSuite(options: StoreSuiteOptions): readonly SuiteTest[] {
  return promises
    .filter(({ isGiven }) => isGiven?.(options.capabilities) ?? true)
    .map(({ name, attempt }) => ({ name, run: () => StoreTrial.run(options, attempt) }));
}
