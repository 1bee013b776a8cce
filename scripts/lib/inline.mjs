/**
 * The wasm as text: writes `pkg/inlined.js`, for entries that start synchronously and without a file beside them. `ts/inlined.ts` reads it,
 * and says why it is not base64.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** As in `ts/inlined.ts`. */
const alphabet = " !#%&()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~";
const escapes = 2;

/**
 * Bytes as text: the most frequent ones get a character each, the others an escape and a character.
 *
 * @param {Uint8Array} bytes
 */
export function toText(bytes) {
  const frequencies = new Array(256).fill(0);
  for (const byte of bytes) frequencies[byte]++;
  const bytesByFrequency = [...frequencies.keys()].sort((one, other) => frequencies[other] - frequencies[one] || one - other);
  const singles = alphabet.length - escapes;
  /** @type {string[]} */
  const words = [];
  for (const [rank, byte] of bytesByFrequency.entries()) {
    const pair = rank - singles;
    words[byte] =
      pair < 0
        ? alphabet.charAt(rank + escapes)
        : alphabet.charAt(Math.floor(pair / alphabet.length)) + alphabet.charAt(pair % alphabet.length);
  }
  return { bytesByFrequency, text: Array.from(bytes, (byte) => words[byte]).join("") };
}

/**
 * Writes `inlined.js` and its types beside the wasm in `folder`.
 *
 * @param {string} folder
 */
export function inline(folder) {
  const wasm = readFileSync(join(folder, "holdall_bg.wasm"));
  const { bytesByFrequency, text } = toText(wasm);
  const constants = { wasmSize: wasm.length, bytesByFrequency, wasmText: text };
  const lines = Object.entries(constants).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`);
  writeFileSync(join(folder, "inlined.js"), lines.join(""));
  writeFileSync(
    join(folder, "inlined.d.ts"),
    `/** The length of the engine's wasm in bytes. */
export declare const wasmSize: number;
/** All values of a byte, the most frequent in the wasm first. */
export declare const bytesByFrequency: readonly number[];
/** The engine's wasm as \`ts/inlined.ts\` reads it. */
export declare const wasmText: string;
`,
  );
}
