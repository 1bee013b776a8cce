/**
 * How keys look on the way to Pepr's controller and back. Outwards a key is a JSON Pointer token after `v2-`, because the controller builds
 * the path of a JSON patch from it; inwards it is the same key unescaped, because that is what the patch wrote.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import { keyPrefix } from "../faces/pepr-names.js";

/** A key as one token of a JSON Pointer. Anything with a `toString` is taken, as Pepr does. */
export function escapeToken(key: string): string {
  return key.toString().replace(/~/g, "~0").replace(/\//g, "~1");
}

/** The key that a JSON Pointer token names. */
export function unescapeToken(token: string): string {
  return token.replace(/~1/g, "/").replace(/~0/g, "~");
}

/** The form in which a key is sent. */
export function toWire(key: string): string {
  return keyPrefix + escapeToken(key);
}

/**
 * The items of one namespace in what a controller received. Left out is what was not written by this namespace's `Store`: keys without
 * `v2-` (the controller hands capability `a` the keys of `a-b` and `ab` too, cut short) and values that are not strings.
 */
export function fromWire(data: unknown): Map<string, string> {
  const items = new Map<string, string>();
  if (data === undefined || data === null) return items;
  if (typeof data !== "object") throw new HoldallTypeError("data must be an object of strings");
  for (const [key, value] of Object.entries(data)) {
    if (key.startsWith(keyPrefix) && typeof value === "string") items.set(key.slice(keyPrefix.length), value);
  }
  return items;
}
