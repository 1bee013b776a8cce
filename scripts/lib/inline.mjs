/**
 * The wasm as text: writes `pkg/inlined.js`, for entries that start synchronously and without a file beside them. `ts/inlined.ts` reads it.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal, root } from "./run.mjs";

/** The header of an LZMA file: the properties, the size of the dictionary, the length. */
const headerBytes = 13;
/** `lc` 3, `lp` 0, `pb` 2: what `ts/lzma.ts` unpacks. */
const properties = 0x5d;

/**
 * Bytes packed by LZMA, without a header.
 *
 * @param {Uint8Array} bytes
 */
export async function pack(bytes) {
  // Not at the top: the steps are loaded before dependencies are installed.
  const { compress } = await import("lzma1");
  const packed = compress(bytes, 9);
  if (packed[0] !== properties) throw new Refusal("The LZMA packer uses properties that ts/lzma.ts does not unpack.");
  return packed.subarray(headerBytes);
}

/**
 * Writes a wasm as a module of text, and its types.
 *
 * @param {string} folder - where it goes
 * @param {string} name - what the module is called
 * @param {string} from - where the wasm is
 */
export async function inline(folder, name, from) {
  const wasm = readFileSync(join(root, from, "holdall_bg.wasm"));
  const constants = { wasmSize: wasm.length, packedText: Buffer.from(await pack(wasm)).toString("base64") };
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
