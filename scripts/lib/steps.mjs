/**
 * The steps that the npm scripts are made of: set up, build the wasm, build the package. Each skips what is done.
 *
 * @module
 */
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";
import { whenStale } from "./fresh.mjs";
import { makeFactory } from "./glue.mjs";
import { inline } from "./inline.mjs";
import { ensureRedis } from "./redis.mjs";
import { must, root } from "./run.mjs";
import { shortenExports } from "./short-exports.mjs";
import { buildEnvironment, checkNode, ensureDependencies, ensureRust, ensureWasmTools } from "./tools.mjs";

/** Finds or installs the tools; a browser and servers only for tests. */
export async function setUp({ forTests = false } = {}) {
  checkNode();
  await ensureRust();
  await ensureDependencies();
  await ensureWasmTools();
  if (!forTests) return;
  await ensureChromium();
  await ensureRedis();
}

/** What the engine is made from. */
const engineInputs = ["src", ".cargo", "Cargo.toml", "Cargo.lock", "scripts/lib/steps.mjs", "node_modules/binaryen/package.json"];

/** Where the engine without replicas goes. */
const plainFolder = "target/holdall/plain";

/** Where the engine that traps goes. */
const trapFolder = "target/holdall/trap";

/**
 * Compiles the crate to wasm, with its glue.
 *
 * @param {"--dev" | "--release"} profile
 * @param {string} folder
 * @param {string} features
 */
async function pack(profile, folder, features) {
  const how = [profile, "--target", "web", "--mode", "no-install", "--no-pack", "--no-gitignore"];
  const where = ["--out-dir", folder, "--out-name", "holdall"];
  await must("wasm-pack", ["--log-level", "error", "build", ...how, ...where, "--no-default-features", "--features", features], {
    env: buildEnvironment(),
  });
}

/** Builds `pkg/` from the crate: the glue, the optimised wasm, and the wasm as text. */
export async function buildWasm() {
  await whenStale(
    {
      name: "wasm",
      title: "engine (wasm)",
      inputs: [
        ...engineInputs,
        ...["glue", "inline", "prune-glue", "short-exports"].map((name) => `scripts/lib/${name}.mjs`),
        "scripts/pack",
      ],
      outputs: ["holdall.js", "holdall.d.ts", "holdall_bg.wasm", "inlined.js", "inlined-replica.js", "inlined.d.ts"].map(
        (name) => `pkg/${name}`,
      ),
    },
    async () => {
      await pack("--release", "pkg", "wasm,replica");
      makeFactory(join(root, "pkg"));
      // What plain stores carry with them: the same without what a backend needs, on the same glue.
      await pack("--release", plainFolder, "wasm");
      shortenExports(join(root, "pkg"), [join(root, plainFolder)]);
      inline(join(root, "pkg"), "inlined-replica", "pkg");
      inline(join(root, "pkg"), "inlined", plainFolder);
    },
  );
}

/**
 * Builds the engine that the tests of traps run on: the crate's feature `trap` gives it a call that traps. Unoptimised, so that it takes
 * seconds, and outside of `pkg/`, so that nothing else finds it.
 */
export async function buildTrap() {
  await whenStale(
    {
      name: "trap",
      title: "engine that traps (for tests)",
      inputs: [...engineInputs, "scripts/lib/glue.mjs"],
      outputs: [`${trapFolder}/holdall.js`, `${trapFolder}/holdall_bg.wasm`],
    },
    async () => {
      await pack("--dev", trapFolder, "wasm,replica,trap");
      makeFactory(join(root, trapFolder));
    },
  );
}

/** Builds `dist/` from `ts/` and `pkg/`. */
export async function buildPackage() {
  await whenStale(
    {
      name: "package",
      title: "package (TypeScript)",
      inputs: ["ts", "pkg", "tsdown.config.ts", "tsconfig.base.json", "tsconfig.library.json", "package.json", "package-lock.json"],
      outputs: ["dist/index.js", "dist/index.cjs", "dist/index.d.ts", "dist/holdall_bg.wasm"],
    },
    async () => {
      await must("tsdown", [], { env: buildEnvironment() });
    },
  );
}

/** Everything that running needs, from nothing. */
export async function build() {
  await buildWasm();
  await buildPackage();
}
