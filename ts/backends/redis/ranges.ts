/**
 * Ranges of keys as Redis has them: bytes behind `[` (from there) or `(` (beyond).
 *
 * @module
 */

import { clientBytes } from "./bytes.js";

const encoder = /* @__PURE__ */ new TextEncoder();

/** From the first key that begins with a prefix. */
export function fromAll(prefix: string): string {
  return `[${prefix}`;
}

/** To the last key that begins with a prefix: in UTF-8 no byte is as great as 255. */
export function afterAll(prefix: string): unknown {
  return prefix === "" ? "+" : clientBytes(Uint8Array.of(40, ...encoder.encode(prefix), 255));
}

/** From the first key beyond another. */
export function afterKey(key: Uint8Array): unknown {
  return clientBytes(Uint8Array.of(40, ...key));
}
