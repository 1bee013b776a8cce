/**
 * Owns the question of what an object is when it is neither an array nor an ordinary object of this realm. Asks for brands (internal slots), not names or
 * prototypes, wherever the language lets it, so the answers hold for other realms (frames, `vm`), for subclasses and against forgery.
 *
 * @module
 */

const { getPrototypeOf } = Object;
const functionText = Function.prototype.toString;
const plainConstructorText = functionText.call(Object);
const dateTime = Date.prototype.getTime;

/** A getter of `%TypedArray%.prototype`, by which a typed array answers truthfully whatever a subclass or its own properties say. */
function intrinsicGetter<T>(name: string | symbol): (view: object) => T {
  const get = Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), name)?.get as (this: object) => T;
  return (view) => get.call(view);
}

const typedArrayName = /* @__PURE__ */ intrinsicGetter<string | undefined>(Symbol.toStringTag);
const bufferOf = /* @__PURE__ */ intrinsicGetter<ArrayBuffer>("buffer");
const offsetOf = /* @__PURE__ */ intrinsicGetter<number>("byteOffset");
const lengthOf = /* @__PURE__ */ intrinsicGetter<number>("length");

/** Whether a prototype makes an ordinary object: none, or the `Object.prototype` of any realm. */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return true;
  if (getPrototypeOf(prototype) !== null || !Object.hasOwn(prototype, "constructor")) return false;
  const maker: unknown = prototype.constructor;
  return typeof maker === "function" && maker.prototype === prototype && functionText.call(maker) === plainConstructorText;
}

/** The milliseconds that a `Date` holds (`NaN` when it is invalid), or `undefined` for what is no `Date`. */
export function timeOf(value: object): number | undefined {
  // The name keeps the exception, which is slow, away from all but liars.
  if (!(value instanceof Date) && Object.prototype.toString.call(value) !== "[object Date]") return undefined;
  try {
    return dateTime.call(value as Date);
  } catch {
    return undefined;
  }
}

/** Whether a value is a `Uint8Array`, Node's `Buffer` and other subclasses included. */
export function isBytes(value: object): boolean {
  return ArrayBuffer.isView(value) && typedArrayName(value) === "Uint8Array";
}

/**
 * The bytes of a `Uint8Array` as one that nobody can have tampered with: a view on the same memory. Throws a `TypeError` when they are
 * detached.
 */
export function bytesOf(value: object): Uint8Array {
  return new Uint8Array(bufferOf(value), offsetOf(value), lengthOf(value));
}

/** What to call a refused object in a message, without a word of its contents. */
export function describeForeign(value: object): string {
  if (ArrayBuffer.isView(value)) return "a view of bytes other than Uint8Array";
  if (value instanceof ArrayBuffer) return "an ArrayBuffer, not a Uint8Array";
  for (const type of [Map, Set, Promise]) if (value instanceof type) return `a ${type.name}`;
  return "an instance of a class without toJSON";
}
