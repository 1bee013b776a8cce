/**
 * The engine as it travels within the package: packed by LZMA, and written as text, 13 bits to two printable characters. What compresses the
 * entry on its way takes back what the text costs, so it travels at hardly more than its packed size. The figures are in ARCHITECTURE.md;
 * `npm run measure:embedding` takes them again.
 *
 * @module
 */
import { unpackLzma } from "./lzma.js";

/** The characters in use: printable ASCII without those that end a string, start an escape or, in a page, end a script. */
const alphabet = "!#$%&()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~ ";

/** The bytes that a packed text stands for, unpacked anew by each call. */
export function unpack(text: string, size: number): Uint8Array<ArrayBuffer> {
  return unpackLzma(bytesOf(text), size);
}

/** The bytes that a text stands for, and perhaps one more. */
export function bytesOf(text: string): Uint8Array {
  const places = new Uint8Array(128);
  for (let place = 0; place < alphabet.length; place++) places[alphabet.charCodeAt(place)] = place;
  const placeAt = (at: number) => places[text.charCodeAt(at)] as number;
  // The last pair may hold a byte more than there is; the unpacking does not read it.
  const bytes = new Uint8Array((text.length >> 1) * 2);
  let held = 0;
  let bits = 0;
  let written = 0;
  for (let at = 0; at < text.length; at += 2) {
    held = (held << 13) | (placeAt(at) * alphabet.length + placeAt(at + 1));
    for (bits += 13; bits > 7; bits -= 8) bytes[written++] = held >> (bits - 8);
  }
  return bytes;
}
