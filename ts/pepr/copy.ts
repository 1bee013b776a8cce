/**
 * The deep copy that strict mode hands to each listener: of plain data, arrays, dates, regular expressions and typed arrays, by own
 * enumerable properties and with the prototype kept; anything else is shared. Properties are assigned, not defined, as Pepr's copy does,
 * and an object with a `clone` method copies itself.
 *
 * @module
 */

type Properties = Record<string, unknown>;

function copyProperties(source: object, target: object, copies: Map<object, object>): object {
  copies.set(source, target);
  for (const key of Object.keys(source)) (target as Properties)[key] = copy((source as Properties)[key], copies);
  return target;
}

function copy(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  switch (Object.prototype.toString.call(value)) {
    case "[object Object]":
      return copyProperties(value, Object.create(Object.getPrototypeOf(value)), copies);
    case "[object Array]":
      return copyProperties(value, new Array((value as unknown[]).length), copies);
    case "[object Date]":
      return new Date((value as Date).valueOf());
    case "[object RegExp]":
      return new RegExp((value as RegExp).source, (value as RegExp).flags);
    default:
      return ArrayBuffer.isView(value) && "slice" in value ? (value as Uint8Array).slice() : value;
  }
}

/** A deep copy of `value`. */
export function copyDeep<T>(value: T): T {
  const itself = value as { clone?: unknown } | null;
  if (itself !== null && itself !== undefined && typeof itself.clone === "function") return itself.clone();
  return copy(value, new Map()) as T;
}
