/**
 * Owns base64 (RFC 4648, section 4: standard alphabet, padded) for bytes within tagged JSON. Written out, since the platforms differ: `atob` forgives what a
 * durable format must refuse, and `Uint8Array.fromBase64` is young. Linear in the bytes.
 *
 * @module
 */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const padding = 61;

/** Sextet to character code. */
const codes = /* @__PURE__ */ Uint8Array.from(alphabet, (character) => character.charCodeAt(0));

/** Character code to sextet, 255 where there is none. */
const sextets = /* @__PURE__ */ invert();

function invert(): Uint8Array {
  const inverse = new Uint8Array(256).fill(255);
  codes.forEach((code, sextet) => {
    inverse[code] = sextet;
  });
  return inverse;
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  const text = new Uint8Array(Math.ceil(length / 3) * 4);
  let at = 0;
  for (let index = 0; index < length; index += 3) {
    const first = bytes[index] as number;
    const second = bytes[index + 1] ?? 0;
    const third = bytes[index + 2] ?? 0;
    text[at++] = codes[first >> 2] as number;
    text[at++] = codes[((first & 3) << 4) | (second >> 4)] as number;
    text[at++] = index + 1 < length ? (codes[((second & 15) << 2) | (third >> 6)] as number) : padding;
    text[at++] = index + 2 < length ? (codes[third & 63] as number) : padding;
  }
  return new TextDecoder().decode(text);
}

/**
 * The bytes that base64 stands for.
 *
 * @throws `SyntaxError` when the text is not the one that {@link toBase64} gives for some bytes.
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw new SyntaxError("Not base64: its length is not a multiple of four");
  const pads = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - pads;
  const bytes = new Uint8Array((text.length / 4) * 3 - pads);
  let bits = 0;
  let at = 0;
  for (let index = 0; index < digits; index++) {
    const sextet = sextets[text.charCodeAt(index)] ?? 255;
    if (sextet === 255) throw new SyntaxError("Not base64: a character outside its alphabet");
    bits = ((bits & 0x3ffff) << 6) | sextet;
    // Each character but the first of four completes a byte.
    const phase = index & 3;
    if (phase !== 0) bytes[at++] = bits >> (6 - 2 * phase);
  }
  // The bits beyond the last whole byte are zero in what `toBase64` gives.
  if ((pads === 1 && (bits & 3) !== 0) || (pads === 2 && (bits & 15) !== 0)) throw new SyntaxError("Not base64: bits beyond its last byte");
  return bytes;
}
