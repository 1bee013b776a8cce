/**
 * The engine as it travels within the package: packed by LZMA, and written in base64, which what compresses the entry on its way takes back to
 * hardly more than the packed size. The figures are in ARCHITECTURE.md; `npm run measure:embedding` takes them again.
 *
 * @module
 */
import { unpackLzma } from "./lzma.js";

/** The bytes that a packed text stands for, unpacked anew by each call. */
export function unpack(text: string, size: number): Uint8Array<ArrayBuffer> {
  return unpackLzma(
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
    size,
  );
}
