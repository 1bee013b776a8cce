/** The bench's rows that need a server or a browser run, with ones of their own. What they cost is not checked here. */
import { execFileSync } from "node:child_process";
import { expect, it, vi } from "vitest";
import type { Group } from "../../benches/lib/group.mjs";
import { datastore } from "../../benches/rows/datastore.mjs";
import { file } from "../../benches/rows/file.mjs";
import { indexedDb } from "../../benches/rows/indexeddb.mjs";
import { openings } from "../../benches/rows/opening.mjs";
import { redis } from "../../benches/rows/redis.mjs";
import { findChromium } from "../../scripts/lib/chromium.mjs";
import { root } from "../../scripts/lib/run.mjs";

// Rows that run small are many, and each has its rivals: on a machine that others use it takes minutes.
vi.setConfig({ testTimeout: 900_000 });

/** A line of the table with figures in every column: the operation, ours, the rival's, and the ratio. */
const measured = /^\| [^|]+ \| [\d,.]+ \| [^|]+ [\d,.]+ \| [\d,.]+ \([\d,.]+–[\d,.]+\) \|/;

const families: readonly [string, readonly Group[]][] = [
  ["queues", datastore],
  ["stores in a folder", file],
  ["stores on Redis", redis],
  ["a large store", openings],
  ...(findChromium() ? [["stores in a browser", indexedDb] as [string, readonly Group[]]] : []),
];

it.each(families)("every row of %s runs beside its rivals", (_, groups) => {
  const only = groups.flatMap(({ name }) => ["--only", `^${name.replaceAll(/[(){}.]/g, "\\$&")} \\|`]);
  const command = ["--expose-gc", "benches/run.mjs", "--quick", ...only];
  const output = execFileSync(process.execPath, command, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const rows = output.split("\n").filter((line) => groups.some(({ name }) => line.startsWith(`| ${name},`)));
  expect(rows).toHaveLength(groups.flatMap(({ comparisons }) => comparisons).length);
  for (const row of rows) expect(row).toMatch(measured);
});
