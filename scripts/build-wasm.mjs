/**
 * `npm run build:wasm`: `pkg/` from the Rust crate, when it has changed.
 *
 * @module
 */
import { main } from "./lib/run.mjs";
import { buildWasm, setUp } from "./lib/steps.mjs";

await main(async () => {
  await setUp();
  await buildWasm();
});
