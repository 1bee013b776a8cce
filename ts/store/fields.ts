/**
 * Places within a value by their paths, and setting what stands there: for `updateFields`.
 *
 * A path that begins with `/` is a JSON Pointer (RFC 6901): `~1` stands for `/`, `~0` for `~`. Any other is names with dots between them, which
 * say no name that holds a dot, begins with `/` or is empty. Elements of arrays go by their decimal index. A place has to be there already,
 * as for the `replace` of RFC 6902; so `-`, the element after the last, is none.
 *
 * @module
 */

import { HoldallError, HoldallTypeError, NotFoundError } from "../errors.js";
import { typeOf } from "./arguments.js";
import { detailsOf, type Prefix } from "./exchange.js";
import { mismatch } from "./refusals.js";
import type { Value } from "./types/index.js";
import { isPlainPrototype } from "./values/foreign.js";

/** A place within a value, and what to put there. */
export interface Field {
  /** The path as it was given. */
  readonly path: string;
  /** The names that lead there. */
  readonly names: readonly string[];
  /** What to put there. */
  readonly value: unknown;
}

type Container = Record<string, unknown>;

const badEscape = /~(?![01])/;
const index = /^(?:0|[1-9]\d*)$/;

/**
 * The fields that an object of paths means.
 *
 * @throws `INVALID_ARGUMENT` for what is no path, and where one place is within another, or the same; `INVALID_VALUE` for `undefined`.
 */
export function fieldsOf(fields: unknown, prefix: Prefix, key: string): Field[] {
  const isObject = typeof fields === "object" && fields !== null;
  if (!isObject || !isPlainPrototype(Object.getPrototypeOf(fields))) {
    throw new HoldallTypeError(
      `fields must be a plain object of values by their paths, not ${isObject ? "one of a class" : typeOf(fields)}`,
    );
  }
  const pointers: string[] = [];
  const list = Object.entries(fields).map(([path, value]): Field => {
    if (value === undefined)
      throw new HoldallError("INVALID_VALUE", `Cannot store this value: ${path} is undefined`, detailsOf(prefix, key));
    const pointer = pointerOf(path);
    pointers.push(`${pointer}/`);
    return { path, names: pointer.slice(1).split("/").map(nameOf), value };
  });
  // In order, what lies within a place comes right after it.
  pointers.sort();
  if (pointers.some((pointer, at) => at > 0 && pointer.startsWith(pointers[at - 1] as string))) {
    throw new HoldallTypeError("Of the paths of fields, none may be within another, or lead to the same place");
  }
  return list;
}

/** Sets fields of a value that is the caller's own, and returns it. */
export function setFields(value: Value, fields: readonly Field[], prefix: Prefix, key: string): Value {
  for (const { path, names, value: field } of fields) {
    let container: unknown = value;
    names.forEach((name, at) => {
      // What was decoded has ordinary prototypes, but for `Date` and bytes.
      const isArray = Array.isArray(container);
      if (!isArray && (typeof container !== "object" || container === null || Object.getPrototypeOf(container) !== Object.prototype)) {
        throw mismatch(`What is to hold ${path} is neither an object nor an array`, prefix, key);
      }
      // Own properties alone: nothing is ever set on, or found in, a prototype.
      if (!Object.hasOwn(container as Container, name) || (isArray && !index.test(name))) {
        throw new NotFoundError(`There is nothing at ${path}`, { ...detailsOf(prefix, key), expired: false });
      }
      if (at === names.length - 1) (container as Container)[name] = field;
      else container = (container as Container)[name];
    });
  }
  return value;
}

function pointerOf(path: string): string {
  if (path.startsWith("/")) {
    if (badEscape.test(path)) throw new HoldallTypeError('In a path of fields, "~" must be written "~0", and "/" within a name "~1"');
    return path;
  }
  if (path.split(".").includes("")) throw new HoldallTypeError("A path of fields must not hold an empty name, unless it is a JSON Pointer");
  return `/${path.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll(".", "/")}`;
}

function nameOf(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}
