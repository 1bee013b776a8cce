/**
 * The wasm as text: writes `pkg/inlined.js`, for entries that start synchronously and without a file beside them. `ts/inlined.ts` reads it.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/**
 * Bytes packed by LZMA, as `ts/lzma.ts` unpacks them: by a program in Rust, since what there is in JavaScript packs less.
 *
 * @param {Uint8Array} bytes
 */
export function pack(bytes) {
  const program = ["run", "--quiet", "--release", "--manifest-path", "scripts/pack/Cargo.toml", "--target-dir", "target/pack"];
  return execFileSync("cargo", program, { cwd: root, input: bytes, stdio: ["pipe", "pipe", "inherit"] });
}

/**
 * Writes a wasm as a module of text, and its types.
 *
 * @param {string} folder - where it goes
 * @param {string} name - what the module is called
 * @param {string} from - where the wasm is
 */
export function inline(folder, name, from) {
  const wasm = readFileSync(join(root, from, "holdall_bg.wasm"));
  const constants = { wasmSize: wasm.length, packedText: pack(wasm).toString("base64") };
  const lines = Object.entries(constants).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`);
  writeFileSync(join(folder, `${name}.js`), lines.join(""));
  writeFileSync(
    join(folder, `${name}.d.ts`),
    `/** The length of the engine's wasm in bytes. */
export declare const wasmSize: number;
/** The engine's wasm, packed, as \`ts/inlined.ts\` reads it. */
export declare const packedText: string;
`,
  );
}
