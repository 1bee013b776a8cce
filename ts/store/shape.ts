/**
 * Shapes of values: taken from a value, and matched against one. The language is described with the type `Shape`.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";
import { typeOf } from "./arguments.js";
import type { Shape, ShapePattern, Value, ValueKind } from "./types/index.js";
import { encodingsOfKind, maxNesting } from "./values/encoding.js";
import { isPlainPrototype } from "./values/foreign.js";

type Properties = Readonly<Record<string, Value>>;

/** The kind of a decoded value. */
export function kindOfValue(value: Value): ValueKind {
  if (typeof value !== "object") return typeof value as ValueKind;
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof Date) return "date";
  return value instanceof Uint8Array ? "bytes" : "object";
}

/** The shape of a decoded value. Costs by its size. */
export function shapeOf(value: Value): Shape {
  const kind = kindOfValue(value);
  if (kind === "array") {
    const shapes = new Map<string, Shape>();
    for (const element of value as readonly Value[]) {
      const shape = shapeOf(element);
      shapes.set(typeof shape === "string" ? shape : JSON.stringify(shape), shape);
    }
    return inOrder(shapes).map(([, shape]) => shape);
  }
  if (kind !== "object") return kind;
  return Object.fromEntries(inOrder(Object.entries(value as Properties)).map(([name, property]) => [name, shapeOf(property)]));
}

function inOrder<T>(named: Iterable<[string, T]>): [string, T][] {
  return [...named].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A pattern, ready to be matched: the kind of what matches, and whether a value of any kind does. */
export interface Matcher {
  readonly kind: ValueKind;
  readonly matches: (value: Value) => boolean;
}

/**
 * Reads a pattern; changes to it later do not count.
 *
 * @throws `INVALID_ARGUMENT` where it is none.
 */
export function matcherOf(pattern: ShapePattern, nesting = 0): Matcher {
  if (nesting > maxNesting) throw new HoldallTypeError(`pattern must not nest deeper than ${maxNesting}`);
  if (typeof pattern === "string" && encodingsOfKind(pattern) !== 0) {
    return { kind: pattern, matches: (value) => kindOfValue(value) === pattern };
  }
  if (Array.isArray(pattern)) {
    const elements = (pattern as readonly ShapePattern[]).map((element) => matcherOf(element, nesting + 1));
    const fits = (element: Value) => elements.some(({ matches }) => matches(element));
    return { kind: "array", matches: (value) => Array.isArray(value) && (elements.length === 0 || value.every(fits)) };
  }
  if (typeof pattern === "object" && pattern !== null && isPlainPrototype(Object.getPrototypeOf(pattern))) {
    const properties = Object.entries(pattern).map(([name, property]) => [name, matcherOf(property, nesting + 1)] as const);
    const has = (value: Value) =>
      properties.every(([name, { matches }]) => Object.hasOwn(value as Properties, name) && matches((value as Properties)[name] as Value));
    return { kind: "object", matches: (value) => kindOfValue(value) === "object" && has(value) };
  }
  throw new HoldallTypeError(
    `pattern must be made of names of kinds, arrays and plain objects, not ${typeof pattern === "string" ? "another text" : typeOf(pattern)}`,
  );
}
