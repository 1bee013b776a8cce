/**
 * `npm run check`: format, lints, types, docs, the package's shape and its size. Builds first, since types and sizes are of what is built.
 *
 * @module
 */
import { runChecks } from "./lib/checks.mjs";
import { main } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

await main(async () => {
  await setUp();
  await build();
  const { passed, failed } = await runChecks();
  process.stdout.write(`\n${passed} checks passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
});
