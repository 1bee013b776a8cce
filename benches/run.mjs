/**
 * The benchmarks beside rivals, how cost grows, and how runs do on a cluster: `npm run bench`. A full run writes BENCHMARKS.md and its chart; one that is quick or of some
 * rows prints instead.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { main, Refusal, root } from "../scripts/lib/run.mjs";
import { growthSizes, measureGrowth } from "./growth.mjs";
import { consumed } from "./lib/data.mjs";
import { fullScale, quickScale, rowName } from "./lib/group.mjs";
import { readOptions } from "./lib/options.mjs";
import { chartFile, growthChart, growthTable, page, score } from "./lib/report.mjs";
import { judge, rowTable } from "./lib/table.mjs";
import { collectAll } from "./lib/timing.mjs";
import { operations } from "./operations/index.mjs";
import { groups } from "./rows/index.mjs";
import { measureScaling, scalingName, scalingPlan, scalingTable } from "./scaling.mjs";

/** Says on the side what is going on: what is printed is the result. @param {string} what */
const tell = (what) => void process.stderr.write(`• ${what}\n`);

await main(async () => {
  const { wants, partial, quick, out } = readOptions(process.argv.slice(2));
  if (globalThis.gc === undefined)
    throw new Refusal("Run it by `npm run bench`, or with `node --expose-gc`: rows must not pay for each other's garbage.");
  const scale = quick ? quickScale : fullScale;
  const wantsGrowth = (/** @type {string} */ name) => wants(`growth: ${name}`);
  const wanted = groups.filter((group) => group.comparisons.some((comparison) => wants(rowName(group, comparison))));
  const wantsScaling = scalingPlan(scale).some(([masters, processes]) => wants(scalingName(masters, processes)));
  if (wanted.length === 0 && !operations.some(({ name }) => wantsGrowth(name)) && !wantsScaling) throw new Refusal("No row matches.");

  const rows = [];
  for (const group of wanted) {
    tell(group.name);
    collectAll();
    const measured = await group.measure(scale);
    rows.push(
      ...group.comparisons
        .filter((comparison) => wants(rowName(group, comparison)))
        .map((comparison) => judge(group, comparison, measured)),
    );
  }
  const sizes = growthSizes(scale);
  const growth = await measureGrowth(scale, wantsGrowth, (name) => tell(`growth: ${name}`));
  const scaling = await measureScaling(scale, wants, tell);
  // Shown, so that no read can be left out.
  tell(`read ${consumed()}`);

  if (out === undefined && (partial || quick)) {
    if (quick) console.log("A quick run: no figure means anything.\n");
    if (rows.length > 0) console.log(quick ? rowTable(rows) : `${rowTable(rows)}\n\n${score(rows)}`);
    if (growth.length > 0) console.log(`\n${growthTable(growth, sizes)}`);
    if (scaling.length > 0) console.log(`\n${scalingTable(scaling)}`);
    return;
  }
  const folder = out === undefined ? root : resolve(out);
  mkdirSync(dirname(join(folder, chartFile)), { recursive: true });
  writeFileSync(join(folder, chartFile), growthChart(growth, sizes));
  writeFileSync(join(folder, "BENCHMARKS.md"), page({ rows, groups: wanted, growth, sizes, scaling, quick }));
  console.log(`${score(rows)} See ${out === undefined ? "BENCHMARKS.md" : join(out, "BENCHMARKS.md")}.`);
});
