/**
 * The wasm as text: writes `pkg/inlined.js`, for entries that start synchronously and without a file beside them. `ts/inlined.ts` reads it.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packLzma } from "./lzma.mjs";
import { root } from "./run.mjs";

/**
 * Writes a wasm as a module of text, and its types.
 *
 * @param {string} folder - where it goes
 * @param {string} name - what the module is called
 * @param {string} from - where the wasm is
 */
export function inline(folder, name, from) {
  const wasm = readFileSync(join(root, from, "holdall_bg.wasm"));
  const constants = { wasmSize: wasm.length, packedText: Buffer.from(packLzma(wasm)).toString("base64") };
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
