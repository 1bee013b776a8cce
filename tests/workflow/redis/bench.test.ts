/** The bench's runs on a cluster are run, and make a table that is well formed. What they cost is not checked here. */
import { execFileSync } from "node:child_process";
import { expect, it, vi } from "vitest";
import { root } from "../../../scripts/lib/run.mjs";

// Rows that run small are many, and each has its rivals: on a machine that others use it takes minutes.
vi.setConfig({ testTimeout: 900_000 });

it("runs are measured on a cluster of masters, by several processes", () => {
  const command = ["--expose-gc", "benches/run.mjs", "--quick", "--only", "^runs on a cluster"];
  const output = execFileSync(process.execPath, command, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [row = ""] = output.split("\n").filter((line) => line.startsWith("| 2 |"));
  expect(row).toMatch(/^\| 2 \| 2 (?:\| (?:[\d,.]+|–) ){6}\|$/);
});
