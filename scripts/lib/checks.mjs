/**
 * What `npm run check` holds the code to, in both languages: format, lints, types, docs, the package's shape and its size.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { buildEnvironment } from "./tools.mjs";

/** @typedef {{ title: string, command: readonly string[], env?: NodeJS.ProcessEnv, shown?: boolean }} Check */

/** @type {() => readonly Check[]} */
const checks = () => [
  { title: "Rust: format", command: ["cargo", "fmt", "--check"] },
  { title: "Rust: lints, native", command: ["cargo", "clippy", "--quiet", "--all-targets", "--", "-D", "warnings"] },
  {
    title: "Rust: lints, wasm",
    command: [
      ...["cargo", "clippy", "--quiet", "--target", "wasm32-unknown-unknown", "--features", "wasm", "--lib"],
      ...(existsSync(join(root, "tests", "wasm.rs")) ? ["--test", "wasm"] : []),
      ...["--", "-D", "warnings"],
    ],
  },
  { title: "Rust: docs", command: ["cargo", "doc", "--quiet", "--no-deps"], env: { RUSTDOCFLAGS: "-D warnings" } },
  {
    title: "Rust: docs of the boundary",
    command: ["cargo", "doc", "--quiet", "--no-deps", "--features", "wasm", "--target-dir", "target/doc-wasm"],
    env: { RUSTDOCFLAGS: "-D warnings" },
  },
  { title: "TypeScript: format and lints", command: ["biome", "ci", "--error-on-warnings", "--colors=off"] },
  { title: "TypeScript: types of the library", command: ["tsc", "-p", "tsconfig.library.json"] },
  { title: "TypeScript: types of everything", command: ["tsc", "-p", "tsconfig.json"] },
  { title: "TypeScript: docs", command: ["typedoc", "--emit", "none"] },
  { title: "package: publint", command: ["publint", "--strict"] },
  { title: "package: are the types wrong?", command: ["attw", "--pack", ".", "--profile", "node16", "--exclude-entrypoints", "wasm"] },
  { title: "package: size", command: ["size-limit"], shown: true },
];

/** Runs every check, shows what the failing ones said, and returns how many passed and failed. */
export async function runChecks() {
  const counts = { passed: 0, failed: 0 };
  for (const { title, command, env = {}, shown = false } of checks()) {
    const [program = "", ...parameters] = command;
    const { code, output } = await run(program, parameters, { capture: true, env: { ...buildEnvironment(), ...env } });
    counts[code === 0 ? "passed" : "failed"]++;
    process.stdout.write(`${code === 0 ? "✓" : "✗"} ${title}\n`);
    if (code !== 0 || shown) process.stdout.write(`${output.trimEnd().replace(/^/gm, "    ")}\n`);
  }
  return counts;
}
