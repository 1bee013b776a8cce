/**
 * `npm start`: sets up, builds, and runs the main job: the order workflow of `examples/orders`. What follows `--` is passed to it.
 *
 * @module
 */
import { main, run } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

await main(async () => {
  await setUp();
  await build();
  process.stdout.write("\n");
  process.exitCode = (await run(process.execPath, ["examples/orders/main.mjs", ...process.argv.slice(2)])).code;
});
