/**
 * Owns the way of a value out of the store: from an encoding and its content to a value of the caller's own.
 *
 * Stored text may come from a file or another process, so everything is checked again; an error never quotes it. Every call makes a new value.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Value } from "../types/index.js";
import { encodings, isMemoizable, kindOfEncoding } from "./encoding.js";
import { deepFreeze } from "./freeze.js";
import { parseBigint, parseDate, untag } from "./untag.js";

/**
 * What a caller may do with a decoded value: `"frozen"` makes it immutable throughout, unless it holds a `Date` or bytes, which cannot be
 * (`isMemoizable` tells); `"mutable"` freezes nothing.
 */
export type Access = "frozen" | "mutable";

/** A leading U+FEFF is content, and ill-formed bytes are damage. */
const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes the content of any encoding but `bytes`, from text.
 *
 * @throws `INVALID_VALUE` when the content is damaged or the encoding unknown.
 */
export function decodeText(encoding: number, text: string, access: Access = "frozen"): Value {
  if (encoding === encodings.string) return text;
  try {
    return parse(encoding, text, access);
  } catch (error) {
    throw error instanceof HoldallError ? error : damaged(encoding, error);
  }
}

/**
 * Decodes the content of any encoding from its bytes, which are copied.
 *
 * @throws `INVALID_VALUE` when the content is damaged or the encoding unknown.
 */
export function decodeBytes(encoding: number, bytes: Uint8Array, access: Access = "frozen"): Value {
  if (encoding === encodings.bytes) return new Uint8Array(bytes);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (error) {
    throw damaged(encoding, error);
  }
  return decodeText(encoding, text, access);
}

function parse(encoding: number, text: string, access: Access): Value {
  switch (encoding) {
    case encodings.date:
      return parseDate(text);
    case encodings.bigint:
      return parseBigint(text);
    case encodings.bytes:
      throw new TypeError("Bytes are not text");
    default:
  }
  const kind = kindOfEncoding(encoding);
  const value = parseJson(text);
  const sound =
    typeof value === "object"
      ? kind === (value === null ? "null" : Array.isArray(value) ? "array" : "object")
      : kind === typeof value && (typeof value !== "number" || Number.isFinite(value));
  if (!sound) throw new TypeError(`Not of the kind ${kind}`);
  if (typeof value === "object" && value !== null) {
    if (encoding > encodings.bytes) untag(value);
    if (access === "frozen" && isMemoizable(encoding)) deepFreeze(value);
  }
  return value;
}

/** Parses JSON. The platform's error would quote the text, so it is not passed on. */
function parseJson(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new SyntaxError("Not JSON");
  }
}

function damaged(encoding: number, cause: unknown): HoldallError {
  return new HoldallError("INVALID_VALUE", `A stored value of the kind ${kindOfEncoding(encoding)} is damaged`, { cause });
}
