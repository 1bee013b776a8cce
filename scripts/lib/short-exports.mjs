/**
 * Short names for what the wasm exports to its glue: a third of a kilobyte of the default entry, gzipped, which is bound to 90. The names of `RawStore`'s methods stand in
 * the glue anyway; those of the exports behind them are seen by nobody.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "./run.mjs";

/** What is renamed: exports of methods, but for those that `ts/engine.ts` and `ts/load.ts` know by name. */
const renamed = /^raw(?!store_(?:attach|create|get|peek|set)$)[a-z]+_/;

/** The section of a wasm's exports. */
const exportSection = 7;
const headerLength = 8;

/**
 * Short names for the exports of a wasm, and of any other that exports a subset of them.
 *
 * @param {Uint8Array<ArrayBuffer>} wasm
 */
export function shortNames(wasm) {
  const names = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
  const long = names.filter((name) => renamed.test(name)).sort();
  return new Map(long.map((name, index) => [name, `_${index.toString(36)}`]));
}

/**
 * Reads a number as wasm writes it, seven bits to a byte; it and where it ends.
 *
 * @param {Uint8Array} bytes
 * @param {number} start
 */
function readNumber(bytes, start) {
  let number = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = /** @type {number} */ (bytes[at++]);
    number |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { number: number >>> 0, end: at };
  }
}

/**
 * Writes a number so.
 *
 * @param {number} number
 */
function numberBytes(number) {
  const bytes = [];
  let rest = number;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/**
 * The section of exports with other names.
 *
 * @param {Uint8Array} section - its content
 * @param {ReadonlyMap<string, string>} names
 */
function renameExports(section, names) {
  const { number: count, end: first } = readNumber(section, 0);
  const parts = [numberBytes(count)];
  let at = first;
  for (let left = count; left > 0; left--) {
    const { number: length, end: start } = readNumber(section, at);
    const name = Buffer.from(section.subarray(start, start + length)).toString();
    const short = Buffer.from(names.get(name) ?? name);
    if (renamed.test(name) && !names.has(name)) throw new Refusal(`The engine exports \`${name}\`, which its glue does not know.`);
    const { end } = readNumber(section, start + length + 1);
    parts.push(numberBytes(short.length), short, Buffer.from(section.subarray(start + length, end)));
    at = end;
  }
  return Buffer.concat(parts);
}

/**
 * A wasm with other names for its exports; all else is as it was.
 *
 * @param {Uint8Array} wasm
 * @param {ReadonlyMap<string, string>} names
 */
export function withNames(wasm, names) {
  const parts = [Buffer.from(wasm.subarray(0, headerLength))];
  for (let at = headerLength; at < wasm.length; ) {
    const { number: length, end: start } = readNumber(wasm, at + 1);
    const content = wasm.subarray(start, start + length);
    const written = wasm[at] === exportSection ? renameExports(content, names) : Buffer.from(content);
    parts.push(Buffer.from([/** @type {number} */ (wasm[at])]), numberBytes(written.length), written);
    at = start + length;
  }
  return Buffer.concat(parts);
}

/**
 * Renames the exports in a folder's wasm and glue, and in the wasm of other folders that run on the same glue and export no more.
 *
 * @param {string} folder
 * @param {readonly string[]} others
 */
export function shortenExports(folder, others = []) {
  const wasmOf = (/** @type {string} */ where) => join(where, "holdall_bg.wasm");
  const names = shortNames(readFileSync(wasmOf(folder)));
  for (const file of [folder, ...others].map(wasmOf)) writeFileSync(file, withNames(readFileSync(file), names));
  const glue = join(folder, "holdall.js");
  writeFileSync(
    glue,
    readFileSync(glue, "utf8").replace(/\bwasm\.(\w+)/g, (call, name) => (names.has(name) ? `wasm.${names.get(name)}` : call)),
  );
}
