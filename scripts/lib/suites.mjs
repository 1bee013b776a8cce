/**
 * The suites of `npm test`: what each runs, and how its own summary becomes counts. A suite that cannot run, or in which nothing ran,
 * counts as one failure; so does a runner that ends badly although no test of its failed.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { mayInstall } from "./apt.mjs";
import { runChecks } from "./checks.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureKubernetes } from "./kubernetes.mjs";
import { findRedis } from "./redis.mjs";
import { root, run } from "./run.mjs";
import { buildEnvironment } from "./tools.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, note?: string, failures?: readonly string[] }} Counts */
/** @typedef {{ name: string, title: string, execute: () => Promise<Counts> }} Suite */

/**
 * Counts from the lines that Rust's test harness, and wasm-bindgen's, end each binary with.
 *
 * @param {{ code: number, output: string }} result
 */
export function countRust({ code, output }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of output.matchAll(/^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  const failures = Array.from(output.matchAll(/^test (.+) \.\.\. FAILED$/gm), ([, name = ""]) => name);
  return orFailed({ ...counts, failures }, code);
}

/** @typedef {{ fullName: string, status: string, failureMessages: readonly string[] }} Assertion */
/** @typedef {{ name: string, message: string, status: string, assertionResults: readonly Assertion[] }} TestFile */
/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {readonly TestFile[]} testResults
 */

/**
 * Counts from vitest's JSON report.
 *
 * @param {VitestReport} report
 * @param {number} code
 */
export function countVitest({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }, code) {
  const failures = testResults.flatMap(failuresOf);
  return orFailed({ passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests, failures }, code);
}

/**
 * What failed in a file of tests: each test, or the file itself, with what it said first.
 *
 * @param {TestFile} file
 * @returns {string[]}
 */
function failuresOf({ name, message, status, assertionResults }) {
  const file = relative(root, name);
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0 && status === "failed") return [`${file}: ${message.split("\n", 1)[0]}`];
  return failed.map(({ fullName, failureMessages: [first = ""] }) => `${file} › ${fullName}: ${first.split("\n", 1)[0]}`);
}

/**
 * @param {Counts} counts
 * @param {number} code
 * @returns {Counts}
 */
function orFailed(counts, code) {
  if (counts.failed > 0) return counts;
  if (code !== 0) return { ...counts, failed: 1, note: `the runner ended with exit code ${code}` };
  if (counts.passed === 0) return { ...counts, failed: 1, note: "no test ran" };
  return counts;
}

/**
 * @param {string} project
 * @returns {Promise<Counts>}
 */
async function vitest(project) {
  const report = join(root, "target", "holdall", `vitest-${project}.json`);
  mkdirSync(join(root, "target", "holdall"), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await run("vitest", ["run", "--project", project, ...reporters], { env: buildEnvironment() });
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, note: "could not run" };
  return countVitest(JSON.parse(readFileSync(report, "utf8")), code);
}

/**
 * A suite that needs a program: it fails where the set-up could have installed the program and has not, and is skipped elsewhere.
 *
 * @param {string} project
 * @param {string} program
 * @param {boolean} isThere
 * @returns {Promise<Counts>}
 */
async function vitestWith(project, program, isThere) {
  if (isThere) return vitest(project);
  if (mayInstall()) return { passed: 0, failed: 1, skipped: 0, note: `${program} could not be installed` };
  return { passed: 0, failed: 0, skipped: 1, note: `no ${program}, and no rights to install one` };
}

/**
 * A cluster's servers are built here and not by the set-up, since they take minutes that no other suite needs.
 *
 * @returns {Promise<Counts>}
 */
async function kubernetes() {
  const ensured = await ensureKubernetes();
  if ("folder" in ensured) return vitest("kubernetes");
  const { why, isFault } = ensured;
  return { passed: 0, failed: isFault ? 1 : 0, skipped: isFault ? 0 : 1, note: why };
}

async function wasm() {
  const how = ["--log-level", "error", "test", "--node", "--mode", "no-install"];
  const what = ["--no-default-features", "--features", "wasm,replica", "--test", "wasm"];
  return countRust(await run("wasm-pack", [...how, ...what], { capture: true, echo: true, env: buildEnvironment() }));
}

async function rust() {
  return countRust(await run("cargo", ["test", "--no-fail-fast"], { capture: true, echo: true }));
}

/** @type {readonly Suite[]} */
export const suites = [
  { name: "rust", title: "Rust (cargo test)", execute: rust },
  { name: "wasm", title: "wasm in Node", execute: wasm },
  { name: "node", title: "TypeScript in Node", execute: () => vitest("node") },
  { name: "redis", title: "with a Redis server", execute: () => vitestWith("redis", "redis-server", findRedis() !== undefined) },
  { name: "kubernetes", title: "with a Kubernetes API", execute: kubernetes },
  { name: "browser", title: "TypeScript in Chromium", execute: () => vitestWith("browser", "Chromium", findChromium() !== undefined) },
  { name: "packaging", title: "packaging", execute: () => vitest("packaging") },
  { name: "check", title: "lints and types", execute: async () => ({ ...(await runChecks()), skipped: 0 }) },
];
