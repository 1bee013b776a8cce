/**
 * The tools that a build needs beside Node, found or installed: the Rust toolchain (never installed from here), its wasm target,
 * wasm-bindgen-cli and wasm-pack at the versions that the crate is pinned to, and the npm dependencies.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { findOnPath, must, Refusal, root, run, say } from "./run.mjs";

/** wasm-bindgen-cli must be exactly the version of the crate's dependency. */
const wasmTools = [
  { crate: "wasm-bindgen-cli", program: "wasm-bindgen", version: "0.2.130", flags: ["--debug"] },
  { crate: "wasm-pack", program: "wasm-pack", version: "0.15.1", flags: ["--locked", "--debug"] },
];

/** Where what was built once is kept, for all checkouts. */
export const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "holdall");
const toolsRoot = join(cacheRoot, "tools");

/** The environment of build steps: our own tools, then wasm-opt and the rest of the npm dependencies, then what the user has. */
export function buildEnvironment() {
  const folders = [join(root, "node_modules", ".bin"), process.env.PATH ?? ""];
  for (const { program, version } of wasmTools) {
    const onPath = findOnPath(program);
    if (!onPath || !saysVersion(onPath, version)) folders.unshift(join(toolsRoot, "bin"));
  }
  return { ...process.env, PATH: [...new Set(folders)].join(delimiter) };
}

/** @type {Map<string, string>} */
const versions = new Map();
/**
 * @param {string} file
 * @param {string} version
 */
function saysVersion(file, version) {
  return versions.get(file)?.split(/\s+/).includes(version) ?? false;
}

/** @param {string} file */
async function learnVersion(file) {
  if (!versions.has(file)) versions.set(file, (await run(file, ["--version"], { capture: true })).output);
}

/** Node itself: older ones lack what the package and its tools use. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Refusal(`Node 20.19 or later is needed; this is ${process.versions.node}.`);
}

/** Cargo and the wasm target; `rustup` adds the target when it is missing. */
export async function ensureRust() {
  if (!findOnPath("cargo")) {
    throw new Refusal(
      "Rust is needed to build the engine, and `cargo` is not on PATH. Install it, open a new terminal and run this again:\n" +
        "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y",
    );
  }
  const { output } = await must("rustc", ["--print", "sysroot"], { capture: true });
  const target = "wasm32-unknown-unknown";
  if (existsSync(join(output.trim(), "lib", "rustlib", target, "lib"))) return say(`Rust target ${target}: there`);
  if (!findOnPath("rustup")) {
    throw new Refusal(
      `The Rust target ${target} is missing and there is no \`rustup\` to add it with. Install it the way that your Rust came.`,
    );
  }
  say(`Rust target ${target}: adding it by rustup`);
  await must("rustup", ["target", "add", target]);
}

/** wasm-bindgen-cli and wasm-pack: on PATH at the right version, else in our cache, else built into our cache. */
export async function ensureWasmTools() {
  for (const { crate, program, version, flags } of wasmTools) {
    const ours = join(toolsRoot, "bin", program);
    const candidates = [findOnPath(program) ?? ours, ours].filter((file) => existsSync(file));
    await Promise.all(candidates.map(learnVersion));
    if (candidates.some((file) => saysVersion(file, version))) {
      say(`${program} ${version}: there`);
      continue;
    }
    say(`${program} ${version}: installing it into the cache (one to three minutes, once)`);
    mkdirSync(toolsRoot, { recursive: true });
    await must("cargo", ["install", crate, "--version", version, "--root", toolsRoot, "--force", ...flags]);
    versions.delete(ours);
    await learnVersion(ours);
  }
}

/** The npm dependencies, as the lockfile says. */
export async function ensureDependencies() {
  if (dependenciesMatch()) return say("npm dependencies: there");
  say("npm dependencies: installing them as the lockfile says");
  await must("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** Whether what npm noted in node_modules is what the lockfile asks for; packages for other platforms may be absent. */
function dependenciesMatch() {
  const noted = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(noted)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(noted, "utf8")).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === "") return true;
    if (present[path] === undefined) return optional === true;
    return present[path].version === version && existsSync(join(root, path));
  });
}
