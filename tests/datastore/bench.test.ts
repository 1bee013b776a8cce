/** The bench's rows of queues run, against a server of their own. What they cost is not checked here. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { datastore } from "../../benches/rows/datastore.mjs";
import { root } from "../../scripts/lib/run.mjs";

it("every row of queues runs beside its rivals", () => {
  const command = ["--expose-gc", "benches/run.mjs", "--quick", "--only", "^queue"];
  const output = execFileSync(process.execPath, command, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const rows = output.split("\n").filter((line) => line.startsWith("| queue"));
  expect(rows).toHaveLength(datastore.flatMap(({ comparisons }) => comparisons).length);
  for (const row of rows) expect(row).toMatch(/^\| queue: [^|]+ \| [\d,.]+ \| [^|]+ [\d,.]+ \| [\d,.]+ \([\d,.]+–[\d,.]+\) \|/);
});
