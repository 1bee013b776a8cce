/**
 * `npm run build`: sets up, then builds `pkg/` from the Rust crate and `dist/` from that and `ts/`, as far as they have changed.
 *
 * @module
 */
import { main } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

await main(async () => {
  await setUp();
  await build();
});
