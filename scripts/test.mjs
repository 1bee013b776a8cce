/**
 * `npm test`: sets up, builds, and runs every suite; `npm test -- node browser` only those. Ends with a table of the suites and, as the
 * last line, `N passed, N failed`. `--with-check` adds what `npm run check` runs as one more suite.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { main, Refusal, root } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";
import { suites } from "./lib/suites.mjs";

const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
const names = process.argv.slice(2).filter((word) => !word.startsWith("--"));

/** The suites that were asked for; by default all but the checks. */
function chosen() {
  const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) throw new Refusal(`There is no suite \`${unknown}\`: ${suites.map((suite) => suite.name).join(", ")}.`);
  return suites.filter(({ name }) => {
    if (name === "wasm" && !existsSync(join(root, "tests", "wasm.rs"))) return false;
    if (name === "check") return flags.includes("--with-check") || names.includes("check");
    return names.length === 0 || names.includes(name);
  });
}

/** @typedef {{ title: string, seconds: number, counts: import("./lib/suites.mjs").Counts }} Result */

/**
 * All that failed, by name: what matters most of thousands of lines, where it is looked for first.
 *
 * @param {readonly Result[]} results
 */
function failures(results) {
  const lines = results.flatMap(({ title, counts }) => (counts.failures ?? []).map((failure) => `✗ ${title}: ${failure}\n`));
  return lines.length > 0 ? `${lines.join("")}\n` : "";
}

/** @param {readonly Result[]} results */
function table(results) {
  const rows = results.map(({ title, seconds, counts: { passed, failed, skipped, note } }) => {
    const cells = [passed, failed, skipped, `${seconds.toFixed(1)} s`].map((cell) => String(cell).padStart(9));
    return `${failed > 0 ? "✗" : "✓"} ${title.padEnd(24)}${cells.join("")}${note ? `   ${note}` : ""}`;
  });
  return ["", `  ${"suite".padEnd(24)}   passed   failed  skipped     time`, ...rows, ""].join("\n");
}

await main(async () => {
  /** @type {Result[]} */
  const results = [];
  let problem;
  try {
    const wanted = chosen();
    await setUp({ forTests: true });
    await build();
    for (const { title, execute } of wanted) {
      process.stdout.write(`\n── ${title} ${"─".repeat(Math.max(0, 76 - title.length))}\n`);
      const began = performance.now();
      const counts = await execute();
      results.push({ title, seconds: (performance.now() - began) / 1000, counts });
    }
  } catch (error) {
    // Whatever stopped the run is a failure like any other, and the last line still says so.
    problem = error;
    results.push({ title: "set-up and build", seconds: 0, counts: { passed: 0, failed: 1, skipped: 0, note: "see below" } });
  }
  process.stdout.write(`${table(results)}\n${failures(results)}`);
  if (problem) console.error(problem instanceof Refusal ? `✗ ${problem.message}\n` : problem);
  const total = (/** @type {"passed" | "failed" | "skipped"} */ part) => results.reduce((sum, { counts }) => sum + counts[part], 0);
  const skipped = total("skipped");
  process.stdout.write(`${total("passed")} passed, ${total("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  if (total("failed") > 0) process.exitCode = 1;
});
