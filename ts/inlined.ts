/**
 * The engine that the default entry carries, as text. Most bytes are one printable ASCII character each, rare ones two, so the text is
 * hardly longer than the bytes and, unlike base64, keeps them aligned for whatever compresses the entry on its way: as small as
 * compressing the engine beforehand, without a decompressor to ship and to wait for. The figures are in ARCHITECTURE.md;
 * `npm run measure:embedding` takes them again.
 *
 * @module
 */
import { bytesByFrequency, wasmSize, wasmText } from "../pkg/inlined.js";

/** The characters in use: printable ASCII without those that end a string, start an escape or, in a page, end a script. */
const alphabet = " !#%&()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~";

/** So many characters, the first ones, begin a pair. */
const escapes = 2;

/** The bytes of the engine's wasm module, unpacked anew by each call. */
export function inlinedEngine(): Uint8Array<ArrayBuffer> {
  // The text is named once: a bundler that puts constants where they are named makes no second copy.
  return unpack(wasmText, bytesByFrequency, new Uint8Array(wasmSize));
}

/** Fills `bytes` with what a text stands for, given the values of a byte from the most to the least frequent. */
export function unpack(text: string, byRank: readonly number[], bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const places = new Uint8Array(128);
  for (let place = 0; place < alphabet.length; place++) places[alphabet.charCodeAt(place)] = place;
  const singles = alphabet.length - escapes;
  for (let at = 0, written = 0; at < text.length; at++, written++) {
    const place = places[text.charCodeAt(at)] ?? 0;
    const rank = place < escapes ? singles + place * alphabet.length + (places[text.charCodeAt(++at)] ?? 0) : place - escapes;
    bytes[written] = byRank[rank] ?? 0;
  }
  return bytes;
}
