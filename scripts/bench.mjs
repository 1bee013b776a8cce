/**
 * `npm run bench`: builds, then runs the benchmarks of `benches/`. What follows `--` is passed to them.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { main, Refusal, root, run } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

await main(async () => {
  const entry = ["benches/run.mjs", "benches/run.ts"].find((file) => existsSync(join(root, file)));
  if (!entry) throw new Refusal("There are no benchmarks yet: `benches/run.mjs` is what this command runs.");
  await setUp();
  await build();
  process.exitCode = (await run(process.execPath, ["--expose-gc", entry, ...process.argv.slice(2)])).code;
});
