/**
 * What `npm run check` holds the code to, in both languages: format, lints, types, docs, the package's shape and its size.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root, run } from "./run.mjs";
import { buildEnvironment } from "./tools.mjs";

/** @typedef {{ title: string, command: readonly string[], env?: NodeJS.ProcessEnv, beside?: () => string }} Check */

/** What the engine itself weighs; its bound is that of the default entry, which carries it. */
function wasmSizes() {
  const wasm = readFileSync(join(root, "dist", "holdall_bg.wasm"));
  return `\n  wasm: ${wasm.length} bytes, ${gzipSync(wasm, { level: 9 }).length} gzipped`;
}

/** @type {() => readonly Check[]} */
const checks = () => [
  { title: "Rust: format", command: ["cargo", "fmt", "--", "--check", "--color=never"] },
  { title: "Rust: lints, native", command: ["cargo", "clippy", "--quiet", "--all-targets", "--", "-D", "warnings"] },
  {
    title: "Rust: lints, wasm",
    command: [
      ...[
        "cargo",
        "clippy",
        "--quiet",
        "--target",
        "wasm32-unknown-unknown",
        "--no-default-features",
        "--features",
        "wasm,replica",
        "--lib",
      ],
      ...(existsSync(join(root, "tests", "wasm.rs")) ? ["--test", "wasm"] : []),
      ...["--", "-D", "warnings"],
    ],
  },
  {
    title: "Rust: the packer",
    command: [
      "cargo",
      "clippy",
      "--quiet",
      "--manifest-path",
      "scripts/pack/Cargo.toml",
      "--target-dir",
      "target/pack",
      "--",
      "-D",
      "warnings",
    ],
  },
  {
    title: "Rust: fuzz targets",
    command: ["cargo", "check", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target/fuzz-check"],
    // Only linked where a target is built to run, for which cargo-fuzz compiles it; so no compiler of C++ is needed here.
    env: { CUSTOM_LIBFUZZER_PATH: join(root, "target", "libfuzzer.a") },
  },
  { title: "Rust: docs", command: ["cargo", "doc", "--quiet", "--no-deps"], env: { RUSTDOCFLAGS: "-D warnings" } },
  {
    title: "Rust: docs of the boundary",
    command: [
      "cargo",
      "doc",
      "--quiet",
      "--no-deps",
      "--no-default-features",
      "--features",
      "wasm,replica",
      "--target-dir",
      "target/doc-wasm",
    ],
    env: { RUSTDOCFLAGS: "-D warnings" },
  },
  { title: "TypeScript: format and lints", command: ["biome", "ci", "--error-on-warnings", "--colors=off"] },
  { title: "TypeScript: types of the library", command: ["tsc", "-p", "tsconfig.library.json"] },
  { title: "TypeScript: types of everything", command: ["tsc", "-p", "tsconfig.json"] },
  { title: "TypeScript: docs", command: ["typedoc", "--emit", "none"] },
  { title: "package: publint", command: ["publint", "--strict"] },
  {
    title: "package: are the types wrong?",
    command: [
      "attw",
      "--pack",
      ".",
      "--profile",
      "node16",
      "--exclude-entrypoints",
      "wasm",
      "kubernetes/crd.yaml",
      "kubernetes/rbac.yaml",
      "kubernetes/pepr-rbac.yaml",
    ],
  },
  { title: "package: size", command: ["size-limit"], beside: wasmSizes },
];

/** Runs every check, shows what the failing ones said, and returns how many passed and failed, and which. */
export async function runChecks() {
  const counts = { passed: 0, failed: 0, failures: /** @type {string[]} */ ([]) };
  for (const { title, command, env = {}, beside } of checks()) {
    const [program = "", ...parameters] = command;
    const { code, output } = await run(program, parameters, { capture: true, env: { ...buildEnvironment(), ...env } });
    counts[code === 0 ? "passed" : "failed"]++;
    if (code !== 0) counts.failures.push(title);
    process.stdout.write(`${code === 0 ? "✓" : "✗"} ${title}\n`);
    if (code !== 0 || beside) process.stdout.write(`${(output.trim() + (beside?.() ?? "")).replace(/^/gm, "    ")}\n`);
  }
  return counts;
}
