/**
 * `npm start` and `npm run example:<name>`: sets up, builds, and runs a program of `examples/`. The first argument names it; what follows `--` is passed to it.
 *
 * @module
 */
import { join } from "node:path";
import { main, run } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

await main(async () => {
  const [program = "", ...options] = process.argv.slice(2);
  await setUp();
  await build();
  process.stdout.write("\n");
  process.exitCode = (await run(process.execPath, [join("examples", program), ...options])).code;
});
