// @ts-check
/**
 * Owns the command: shows the operator at work on an API server of its own. `--help` says what it takes; README.md says what it shows.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { check } from "./check.mjs";
import { demonstrate } from "./demonstration.mjs";

const help = `Runs an operator of two replicas, which keeps its state in Holdall, on an API server of its own, and checks what it did.

Usage: node examples/operator/main.mjs [options]

  --kill   kill one replica (kill -9) in the middle of its work
  --help   this text

Ends with 0, or with 1 when a ConfigMap was not handled once.`;

const { values } = parseArgs({ options: { kill: { type: "boolean", default: false }, help: { type: "boolean", default: false } } });
if (values.help) console.log(help);
else await main(values.kill);

/** @param {boolean} kill */
async function main(kill) {
  const facts = await demonstrate({ kill, say: (who, line) => console.log(`${who.padEnd(8)}${line}`) });
  console.log("\nWhat each replica did");
  for (const replica of new Set(facts.audit.map(({ by }) => by))) {
    const lines = facts.audit.filter(({ by }) => by === replica);
    const counts = [...new Set(lines.map(({ what }) => what))].map(
      (what) => `${lines.filter((line) => line.what === what).length} ${what}`,
    );
    console.log(`  ${replica}: ${counts.join(", ")}${replica === facts.killed ? ", until it was killed" : ""}`);
  }
  console.log(`\nThe state of the operator, as kubectl get holdallstore operator -o yaml shows it\n\n${facts.yaml}`);
  for (const { promise, problems } of check(facts)) {
    console.log(`${problems.length === 0 ? "✓" : "✗"} ${promise}`);
    for (const problem of problems) console.log(`    ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
}
