/**
 * Owns the way of a value into the store: from anything that a caller may pass to an encoding and its content, or to a refusal that names the place.
 * What comes out shares nothing with what went in, so it may be kept while other code of the caller's runs.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { type Encoded, encodings } from "./encoding.js";
import { bytesOf, describeForeign, isBytes, isPlainPrototype, timeOf } from "./foreign.js";
import { isWellFormed } from "./wellformed.js";
import { Writer } from "./writer.js";

/**
 * Encodes a value.
 *
 * A subclass of `Array`, `Date` or `Uint8Array` (such as Node's `Buffer`) is taken as what it extends. Costs one pass; strings are only
 * checked for lone surrogates.
 *
 * @throws `INVALID_VALUE`, naming the place, for what a store does not hold; what the value's own code threw is the `cause`.
 */
export function encodeValue(value: unknown): Encoded {
  if (typeof value === "string") {
    return isWellFormed(value)
      ? { encoding: encodings.string, content: value }
      : { encoding: encodings.escapedString, content: JSON.stringify(value) };
  }
  return typeof value === "object" && value !== null ? encodeObject(value) : encodeScalar(value);
}

function encodeScalar(value: unknown): Encoded {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw refusal("is not a finite number");
      return { encoding: encodings.number, content: String(value) };
    case "boolean":
      return { encoding: encodings.boolean, content: String(value) };
    case "bigint":
      return { encoding: encodings.bigint, content: String(value) };
    case "object":
      return { encoding: encodings.null, content: "null" };
    case "undefined":
      throw refusal("is undefined");
    default:
      throw refusal(`is a ${typeof value}`);
  }
}

/** A writer to use again; none while one is at work, since a getter may well set another value. */
let idleWriter: Writer | undefined;

function encodeObject(object: object): Encoded {
  const writer = idleWriter ?? new Writer();
  idleWriter = undefined;
  let resolved: unknown;
  try {
    resolved = writer.resolve(object, "");
    if (typeof resolved === "object" && resolved !== null) return encodeResolved(resolved, writer);
  } catch (error) {
    writer.rethrow(error);
  } finally {
    writer.reset();
    idleWriter = writer;
  }
  return encodeValue(resolved);
}

function encodeResolved(object: object, writer: Writer): Encoded {
  if (Array.isArray(object) || isPlainPrototype(Object.getPrototypeOf(object))) return writer.encodeContainer(object);
  const time = timeOf(object);
  if (time !== undefined) {
    if (Number.isNaN(time)) writer.refuse("is an invalid date");
    return { encoding: encodings.date, content: String(time) };
  }
  if (isBytes(object)) return { encoding: encodings.bytes, content: bytesOf(object).slice() };
  return writer.refuse(`is ${describeForeign(object)}`);
}

function refusal(what: string): HoldallError {
  return new HoldallError("INVALID_VALUE", `Cannot store this value: $ ${what}`);
}
