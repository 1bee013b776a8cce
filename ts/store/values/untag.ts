/**
 * Owns the reading of tags: puts each `Date`, bigint and bytes back in the place of the string that stands for it (see the encodings).
 * Linear in the value.
 *
 * @module
 */

import { fromBase64 } from "./base64.js";
import { tags, tilde } from "./encoding.js";
import { checkDepth } from "./freeze.js";

const decimal = /^(?:0|-?[1-9][0-9]*)$/;

/** The `Date` at decimal milliseconds. Throws a `SyntaxError` where there is none. */
export function parseDate(text: string): Date {
  const date = new Date(decimal.test(text) ? Number(text) : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new SyntaxError("Not a date in milliseconds");
  return date;
}

/** The bigint with decimal digits. Throws a `SyntaxError` where there is none. */
export function parseBigint(text: string): bigint {
  if (!decimal.test(text)) throw new SyntaxError("Not a whole number");
  return BigInt(text);
}

function parseTagged(text: string): unknown {
  const content = text.slice(2);
  switch (text[1]) {
    case tags.string:
      return text.slice(1);
    case tags.date:
      return parseDate(content);
    case tags.bigint:
      return parseBigint(content);
    case tags.bytes:
      return fromBase64(content);
    default:
      throw new SyntaxError("Not a tag");
  }
}

/** Replaces the tagged strings within a parsed container, in place. `depth` is 0 for the root. */
export function untag(container: object, depth = 0): void {
  checkDepth(depth);
  const values = container as Record<string, unknown>;
  // Own names only, so an assignment to `__proto__` is one to the property that the parser made.
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (typeof value === "string") {
      if (value.charCodeAt(0) === tilde) values[name] = parseTagged(value);
    } else if (typeof value === "object" && value !== null) untag(value, depth + 1);
  }
}
