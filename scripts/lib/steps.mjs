/**
 * The steps that the npm scripts are made of: set up, build the wasm, build the package. Each skips what is done.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";
import { whenStale } from "./fresh.mjs";
import { inline } from "./inline.mjs";
import { must, Refusal, root } from "./run.mjs";
import { buildEnvironment, checkNode, ensureDependencies, ensureRust, ensureWasmTools } from "./tools.mjs";

/** Finds or installs the tools; a browser only for tests. */
export async function setUp({ forTests = false } = {}) {
  checkNode();
  await ensureRust();
  await ensureDependencies();
  await ensureWasmTools();
  if (forTests) await ensureChromium();
}

/** Builds `pkg/` from the crate: the glue, the optimised wasm, and the wasm as text. */
export async function buildWasm() {
  await whenStale(
    {
      name: "wasm",
      title: "engine (wasm)",
      inputs: [
        "src",
        ".cargo",
        "Cargo.toml",
        "Cargo.lock",
        "scripts/lib/steps.mjs",
        "scripts/lib/inline.mjs",
        "node_modules/binaryen/package.json",
      ],
      outputs: ["pkg/holdall.js", "pkg/holdall.d.ts", "pkg/holdall_bg.wasm", "pkg/inlined.js", "pkg/inlined.d.ts"],
    },
    async () => {
      const how = ["--release", "--target", "web", "--mode", "no-install", "--no-pack", "--no-gitignore"];
      const where = ["--out-dir", "pkg", "--out-name", "holdall"];
      const what = ["--no-default-features", "--features", "wasm"];
      await must("wasm-pack", ["--log-level", "error", "build", ...how, ...where, ...what], { env: buildEnvironment() });
      withoutOwnFile(join(root, "pkg", "holdall.js"));
      inline(join(root, "pkg"));
    },
  );
}

/**
 * Takes from the glue the default place of the wasm file, `new URL(…, import.meta.url)`: bundlers that see it emit a second copy of the
 * engine beside the inlined one.
 *
 * @param {string} file
 */
function withoutOwnFile(file) {
  const glue = readFileSync(file, "utf8");
  const patched = glue.replace(/new URL\(['"]holdall_bg\.wasm['"], import\.meta\.url\)/g, "undefined");
  if (patched.includes("import.meta"))
    throw new Refusal("The glue of wasm-bindgen names import.meta in a way that the build does not know.");
  writeFileSync(file, patched);
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
