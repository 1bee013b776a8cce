/**
 * Values as they travel: plain JSON, so that clients in any language can read and write them. What JSON would lose or change in silence is refused,
 * naming the place.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import { isPlainPrototype } from "../store/values/foreign.js";
import { formatPath } from "../store/values/path.js";
import { InvalidPayloadError } from "./errors.js";
import type { Json } from "./types.js";

/** How deep arrays and objects may lie within each other. */
const maxNesting = 500;

type Names = (string | number)[];

function refuse(what: string, names: Names): never {
  throw new HoldallError("INVALID_VALUE", `This value is not plain JSON: ${formatPath(names)} ${what}`);
}

function checkObject(value: object, names: Names): void {
  if (names.length >= maxNesting) refuse(`lies deeper than ${maxNesting}, or contains itself`, names);
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") refuse("has a toJSON, of which JSON would keep only the result", names);
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      names.push(at);
      // A place without an element, or with undefined, is null to JSON.
      if (value[at] !== undefined) check(value[at], names);
      names.pop();
    }
    return;
  }
  if (!isPlainPrototype(Object.getPrototypeOf(value))) {
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    refuse(kind === "Object" ? "is an instance of a class" : `is a ${kind}`, names);
  }
  for (const name of Object.keys(value)) {
    const property = (value as Record<string, unknown>)[name];
    if (property === undefined) continue;
    names.push(name);
    check(property, names);
    names.pop();
  }
}

function check(value: unknown, names: Names): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) refuse(`is ${value}`, names);
      return;
    case "object":
      if (value !== null) checkObject(value, names);
      return;
    default:
      refuse(`is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}`, names);
  }
}

/**
 * A value as JSON text. Linear in the value.
 *
 * As in JSON, properties that are `undefined` are left out, and elements that are `undefined` become `null`; everything else that is not plain JSON is
 * refused: `undefined` itself, functions, symbols, bigints, `NaN` and infinities, `Date`, `Map`, `Set`, bytes, instances of classes, objects
 * with a `toJSON`, cycles, and what lies deeper than 500.
 *
 * @throws `INVALID_VALUE`, naming the place (`$.items[3].cb`).
 *
 * @example
 * ```ts
 * import { serialize } from "holdall/datastore";
 *
 * serialize({ id: 17, lines: [] }); // '{"id":17,"lines":[]}'
 * ```
 */
export function serialize(value: unknown): string {
  check(value, []);
  return JSON.stringify(value);
}

/**
 * The value that JSON text holds. Linear in the text.
 *
 * @throws `INVALID_PAYLOAD` (an `InvalidPayloadError`, which has the text as `raw`) when it is not JSON.
 *
 * @example
 * ```ts
 * import { deserialize } from "holdall/datastore";
 *
 * deserialize('{"id":17}'); // { id: 17 }
 * ```
 */
export function deserialize<T = Json>(text: string): T {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, so it is no cause to pass on.
    throw new InvalidPayloadError("This payload is not JSON; `raw` has it as text", { raw: text });
  }
}
