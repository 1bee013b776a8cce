/**
 * `npm run bench`: builds, then runs the benchmarks of `benches/`. What follows `--` is passed to them.
 *
 * @module
 */
import { main, run } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

await main(async () => {
  await setUp();
  await build();
  process.exitCode = (await run(process.execPath, ["--expose-gc", "benches/run.mjs", ...process.argv.slice(2)])).code;
});
