/**
 * Owns the table of encodings: how a value becomes bytes. **A durable format**: snapshots, backends and other releases read these
 * bytes, so a number keeps its meaning for ever, and new meanings get new numbers (0 to 31 fit the engine's cell).
 *
 * | number | kind | bytes |
 * | --- | --- | --- |
 * | 0 `string` | string | the text itself in UTF-8, no quotes, a leading U+FEFF kept |
 * | 1 `escapedString` | string | a JSON string with its quotes; only for text with lone surrogates, written `\udXXX` in lower case, since UTF-8 has no bytes for them |
 * | 2 `number` | number | a finite JSON number as JavaScript prints it; `-0` is `0` |
 * | 3 `boolean` | boolean | `true` or `false` |
 * | 4 `null` | null | `null` |
 * | 5 `array` | array | plain JSON without white space, as `JSON.stringify` prints it |
 * | 6 `object` | object | the same |
 * | 7 `date` | date | decimal milliseconds since 1970-01-01T00:00Z, with `-` before it |
 * | 8 `bigint` | bigint | decimal digits, with `-` before it |
 * | 9 `bytes` | bytes | the bytes themselves |
 * | 10 `taggedArray` | array | tagged JSON that holds a bigint, but neither `Date` nor bytes: its value can be frozen whole |
 * | 11 `taggedObject` | object | the same |
 * | 12 `taggedMutableArray` | array | tagged JSON that holds a `Date` or bytes: its value cannot be frozen whole |
 * | 13 `taggedMutableObject` | object | the same |
 *
 * Everything but 9 is UTF-8 text, and 1 to 6 and 10 to 13 are JSON to any reader. **Tagged JSON** differs from plain JSON in string values (never in
 * property names) whose first character is `~`. The second says what stands there:
 *
 * | text | stands for |
 * | --- | --- |
 * | `"~d1700000000000"` | a `Date`, in decimal milliseconds |
 * | `"~n-12"` | a `bigint`, in decimal digits |
 * | `"~bAAEC"` | bytes, in standard base64 with padding |
 * | `"~~…"` | the string `"~…"` |
 *
 * Plain JSON knows no tags: there `"~d1"` is those three characters. So a value that looks like a tag is never mistaken for one,
 * and a value without bigint, `Date` and bytes pays nothing for them. Equal content has equal numbers and equal bytes.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { ValueKind } from "../types/index.js";

/** The number of each encoding. The module's page gives the bytes. */
export const encodings = {
  string: 0,
  escapedString: 1,
  number: 2,
  boolean: 3,
  null: 4,
  array: 5,
  object: 6,
  date: 7,
  bigint: 8,
  bytes: 9,
  taggedArray: 10,
  taggedObject: 11,
  taggedMutableArray: 12,
  taggedMutableObject: 13,
} as const;

/** The number of an encoding. */
export type Encoding = (typeof encodings)[keyof typeof encodings];

/** An encoded value. */
export interface Encoded {
  /** How the content is to be read. */
  readonly encoding: Encoding;
  /** Well-formed text, to be stored as UTF-8; or, for the encoding `bytes`, a copy of them. */
  readonly content: string | Uint8Array;
}

/** What follows the `~` that opens a tagged string. */
export const tags = { date: "d", bigint: "n", bytes: "b", string: "~" } as const;

/** The code of `~`, which opens a tagged string. */
export const tilde = 126;

/** Containers within containers: a value may nest so deep and no deeper. */
export const maxNesting = 500;

const kinds: readonly ValueKind[] = [
  "string",
  "string",
  "number",
  "boolean",
  "null",
  "array",
  "object",
  "date",
  "bigint",
  "bytes",
  "array",
  "object",
  "array",
  "object",
];

/**
 * The kind of the value that an encoding holds.
 *
 * @throws `INVALID_VALUE` when this version knows no such encoding.
 */
export function kindOfEncoding(encoding: number): ValueKind {
  const kind = kinds[encoding];
  if (kind === undefined) throw new HoldallError("INVALID_VALUE", "A stored value has an encoding that this version does not know");
  return kind;
}

/** The encodings that hold values of a kind, a bit each; 0 when there is no such kind. */
export function encodingsOfKind(kind: unknown): number {
  return kinds.reduce((bits, other, encoding) => (other === kind ? bits | (1 << encoding) : bits), 0);
}

/** Whether a text names a kind. */
export function isKind(text: string): text is ValueKind {
  return (kinds as readonly string[]).includes(text);
}

/** Whether the decoded value is, or is frozen, immutable throughout, so that one copy can be handed to all who ask. */
export function isMemoizable(encoding: number): boolean {
  return (
    encoding !== encodings.bytes &&
    encoding !== encodings.date &&
    encoding !== encodings.taggedMutableArray &&
    encoding !== encodings.taggedMutableObject
  );
}

/**
 * About how many bytes of JavaScript heap a decoded value takes: measured in V8, where small documents lay within a factor of two or so, long texts in one at a third of it.
 *
 * @param byteLength - the length of the encoded value in UTF-8 bytes
 */
export function estimateBytes(encoding: number, byteLength: number): number {
  switch (encoding) {
    case encodings.string:
    case encodings.escapedString:
    case encodings.bigint:
      return stringHeader + byteLength;
    case encodings.bytes:
      return bytesHeader + byteLength;
    case encodings.number:
    case encodings.boolean:
    case encodings.null:
    case encodings.date:
      return scalarBytes;
    default:
      return containerHeader + byteLength * heapPerTextByte;
  }
}

const stringHeader = 24;
const bytesHeader = 200;
const scalarBytes = 16;
const containerHeader = 64;
const heapPerTextByte = 3;
