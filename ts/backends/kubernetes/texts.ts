/**
 * How values and times stand in the object: as texts that people can read, and that give back the same bytes. **A part of a durable format.**
 *
 * A value is its kind, the name of its encoding (`ts/store/values/encoding.ts`), and the encoded text as it is; bytes are in base64. It is a string within
 * the object and not JSON of the object's own, since Kubernetes orders properties, rounds numbers and replaces lone surrogates.
 * A time is in ISO 8601, or the plain number of milliseconds where a date cannot say it.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Timestamp } from "../../store/types/index.js";
import { fromBase64, toBase64 } from "../../store/values/base64.js";
import { encodings } from "../../store/values/encoding.js";
import type { StoredValue } from "../record.js";

/** A value as it stands in the object. */
export interface ValueText {
  /** The name of its encoding. */
  readonly kind: string;
  /** What is encoded. */
  readonly value: string;
}

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const kinds = Object.keys(encodings);

/** Writes a value. One whose bytes are no text of its encoding is named by the encoding's number, and its bytes are in base64. */
export function valueText({ encoding, bytes }: StoredValue): ValueText {
  const kind = kinds[encoding];
  if (kind !== undefined && encoding === encodings.bytes) return { kind, value: toBase64(bytes) };
  try {
    const value = decoder.decode(bytes);
    if (kind !== undefined && isTextOf(encoding, value)) return { kind, value };
  } catch {
    // Not UTF-8.
  }
  return { kind: String(encoding), value: toBase64(bytes) };
}

/**
 * Reads a value.
 *
 * @throws `CORRUPTED` when it is none.
 */
export function storedValueOf({ kind, value }: ValueText): StoredValue {
  const encoding = kinds.indexOf(kind);
  if (encoding >= 0 && encoding !== encodings.bytes) {
    if (!isTextOf(encoding, value)) throw foreign(`a value is not of its kind, ${kind}`);
    return { encoding, bytes: encoder.encode(value) };
  }
  if (encoding < 0 && !/^\d{1,3}$/.test(kind)) throw foreign(`a value is of the kind ${JSON.stringify(kind)}`);
  try {
    return { encoding: encoding < 0 ? Number(kind) : encoding, bytes: fromBase64(value) };
  } catch {
    throw foreign(`a value is not of its kind, ${kind}`);
  }
}

/** Whether a text is one that an encoding could have: any for texts, else JSON. */
function isTextOf(encoding: number, text: string): boolean {
  if (encoding === encodings.string) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Writes a time. */
export function timeText(time: Timestamp): string {
  return Number.isInteger(time) && Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}

/**
 * Reads a time.
 *
 * @throws `CORRUPTED` when it is none.
 */
export function timeOf(text: unknown): Timestamp {
  if (typeof text !== "string") throw foreign("a time is none");
  const time = /^-?\d+(?:\.\d+)?(?:e\+?\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(time)) throw foreign("a time is none");
  return time;
}

/** What is thrown where the object says what Holdall would not have written. */
export function foreign(what: string): HoldallError {
  return new HoldallError("CORRUPTED", `The object was changed by hand or was not written by Holdall: ${what}`);
}
