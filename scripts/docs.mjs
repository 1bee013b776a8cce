/**
 * `npm run docs`: the API of both languages as pages, in `target/doc` (Rust) and `target/typedoc` (TypeScript).
 *
 * @module
 */
import { main, must } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";
import { buildEnvironment } from "./lib/tools.mjs";

await main(async () => {
  await setUp();
  await build();
  await must("cargo", ["doc", "--no-deps"], { env: { ...process.env, RUSTDOCFLAGS: "-D warnings" } });
  await must("typedoc", [], { env: buildEnvironment() });
});
