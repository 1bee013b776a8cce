/**
 * The suite of backends: everything that `Backend` promises, as tests for any runner.
 *
 * @module
 */

import { commitPromises, oncePromises } from "./commits.js";
import { conditionPromises } from "./conditions.js";
import { expiryPromises, metadataPromises, refusalPromises } from "./entries.js";
import { limitPromises } from "./limits.js";
import type { BackendSuiteOptions, SuiteTest } from "./options.js";
import type { BackendPromise } from "./promise.js";
import { followingPromises, loadingPromises, scopePromises } from "./reading.js";
import { keepingPromises, removalPromises } from "./removal.js";
import { formatPromises, lifetimePromises, replacementPromises, storePromises } from "./stores.js";
import { Trial } from "./trial.js";

/** Lists promises that all depend on one capability. */
function only(capability: "expiry" | "limits" | "metadata" | "removal", promises: readonly BackendPromise[]): readonly BackendPromise[] {
  return promises.map((promise) => ({
    ...promise,
    isGiven: (capabilities, abilities) => (capabilities[capability] ?? true) && (promise.isGiven?.(capabilities, abilities) ?? true),
  }));
}

const promises: readonly BackendPromise[] = [
  ...commitPromises,
  ...oncePromises,
  ...conditionPromises,
  ...only("expiry", expiryPromises),
  ...only("metadata", metadataPromises),
  ...refusalPromises,
  ...loadingPromises,
  ...followingPromises,
  ...scopePromises,
  ...storePromises,
  ...only("limits", limitPromises),
  ...formatPromises,
  ...replacementPromises,
  ...only("removal", removalPromises),
  ...keepingPromises,
  ...lifetimePromises,
];

/**
 * Lists what a backend promises, as tests that any runner can run: one for each promise that the backend gives by what it declares.
 *
 * Each runs on a place of its own and opens several connections to it, so a backend is held to what it promises between processes too.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { file } from "holdall/backends/file";
 * import { backendSuite } from "holdall/testing";
 *
 * const tests = backendSuite({
 *   capabilities: file({ path: "never opened" }).capabilities,
 *   async create() {
 *     const path = await mkdtemp(join(tmpdir(), "suite-"));
 *     return { connect: () => file({ path }), dispose: () => rm(path, { recursive: true }) };
 *   },
 * });
 * // With a runner: for (const { name, run } of tests) test(name, run);
 * await tests[0]?.run();
 * ```
 */
export function backendSuite(options: BackendSuiteOptions): readonly SuiteTest[] {
  const { capabilities, abilities = {} } = options;
  return promises
    .filter(({ isGiven }) => isGiven?.(capabilities, abilities) ?? true)
    .map(({ name, attempt }) => ({ name, run: () => Trial.run(options, attempt) }));
}
