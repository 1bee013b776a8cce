/**
 * `npm run format`: writes both languages the way that `npm run check` wants them.
 *
 * @module
 */
import { main, must } from "./lib/run.mjs";
import { buildEnvironment } from "./lib/tools.mjs";

await main(async () => {
  await must("cargo", ["fmt"]);
  await must("biome", ["check", "--write"], { env: buildEnvironment() });
});
