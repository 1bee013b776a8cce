/**
 * Owns the writing of an array or object as JSON text, plain or tagged (see the encodings).
 *
 * One pass: everything is read once, checked as read, and written as checked, so that no getter or Proxy can show one value to a check
 * and another to the writer. Whether the text is plain or tagged is known only at its end; until then the places that tagging would change are marked.
 * Linear in the value; a container also looks through its ancestors (for cycles), of which there are at most 500.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { toBase64 } from "./base64.js";
import { type Encoded, encodings, maxNesting, tags, tilde } from "./encoding.js";
import { bytesOf, describeForeign, isBytes, isPlainPrototype, timeOf } from "./foreign.js";
import { formatPath } from "./path.js";
import { flatten, openProperty, quote } from "./quote.js";

const { getPrototypeOf, prototype: objectPrototype } = Object;
const hasOwn = objectPrototype.hasOwnProperty;

/** No text can hold more elements than this: each takes two characters, and engines end at 2³⁰. */
const maxArrayLength = 2 ** 29;

/** So many elements make a piece of text, so that a long one does not live as one tree of millions of little strings. */
const pieceElements = 64;

/** Goes before a string that begins with `~`; becomes `~` or nothing at the end. JSON text never holds this character itself. */
const mark = "\0";

/** Writes one container at a time; `reset` readies it for the next. */
export class Writer {
  /** Whether the text is tagged: a bigint, `Date` or bytes was written. */
  #tagged = false;
  /** Whether a `Date` or bytes was written. */
  #mutable = false;
  /** Whether the text holds a mark. */
  #marked = false;
  /** The containers that are open, from the root, and the name of what is being written in each, `undefined` before the first. */
  #ancestors: object[] = [];
  #names: (string | number | undefined)[] = [];
  /** The refusal that is on its way out. What else is thrown came from the value's own code. */
  #refusal: HoldallError | undefined;

  /** The value that stands in for an object by its `toJSON`, if it has one: called as JSON does, but `Date` and bytes stand for themselves. */
  resolve(value: object, name: string | number): unknown {
    const toJSON: unknown = (value as { toJSON?: unknown }).toJSON;
    if (typeof toJSON !== "function" || timeOf(value) !== undefined || isBytes(value)) return value;
    return toJSON.call(value, String(name));
  }

  /** Encodes an array, or an object with an ordinary prototype. */
  encodeContainer(container: object): Encoded {
    const isArray = Array.isArray(container);
    const text = isArray ? this.#writeArray(container) : this.#writeObject(container);
    const content = this.#marked ? text.replaceAll(mark, this.#tagged ? "~" : "") : text;
    if (!this.#tagged) return { encoding: isArray ? encodings.array : encodings.object, content };
    if (this.#mutable) return { encoding: isArray ? encodings.taggedMutableArray : encodings.taggedMutableObject, content };
    return { encoding: isArray ? encodings.taggedArray : encodings.taggedObject, content };
  }

  /** Forgets everything, the caller's objects included. */
  reset(): void {
    this.#tagged = false;
    this.#mutable = false;
    this.#marked = false;
    this.#refusal = undefined;
    this.#names.length = 0;
    // Empty already but for a refusal.
    if (this.#ancestors.length > 0) this.#ancestors.length = 0;
  }

  /** Refuses what stands at the present place. */
  refuse(what: string, cause?: unknown): never {
    const path = formatPath(this.#names.slice(0, this.#ancestors.length));
    this.#refusal = new HoldallError("INVALID_VALUE", `Cannot store this value: ${path} ${what}`, { cause });
    throw this.#refusal;
  }

  /** Passes a refusal on; refuses what the value's own code threw otherwise. */
  rethrow(error: unknown): never {
    if (error === this.#refusal && error !== undefined) throw error;
    this.refuse("could not be read", error);
  }

  #writeValue(value: unknown): string {
    switch (typeof value) {
      case "string":
        if (value.charCodeAt(0) !== tilde) return quote(value);
        this.#marked = true;
        return `"${mark}${quote(value).slice(1)}`;
      case "number":
        // Only finite numbers differ from themselves by zero.
        return value - value === 0 ? `${value}` : this.refuse("is not a finite number");
      case "boolean":
        return value ? "true" : "false";
      case "object": {
        if (value === null) return "null";
        if (Array.isArray(value)) return this.#writeArray(value);
        const prototype: object | null = getPrototypeOf(value);
        if (prototype === objectPrototype || prototype === null) return this.#writeObject(value);
        return this.#writeForeign(value, prototype);
      }
      case "bigint":
        return this.#writeTag(tags.bigint, String(value));
      default:
        return this.refuse(`is a ${typeof value}`);
    }
  }

  #writeForeign(value: object, prototype: object): string {
    const time = timeOf(value);
    if (time !== undefined) {
      if (Number.isNaN(time)) this.refuse("is an invalid date");
      this.#mutable = true;
      return this.#writeTag(tags.date, String(time));
    }
    if (isBytes(value)) {
      this.#mutable = true;
      return this.#writeTag(tags.bytes, toBase64(bytesOf(value)));
    }
    return isPlainPrototype(prototype) ? this.#writeObject(value) : this.refuse(`is ${describeForeign(value)}`);
  }

  #writeTag(tag: string, content: string): string {
    this.#tagged = true;
    return `"~${tag}${content}"`;
  }

  #writeArray(array: readonly unknown[]): string {
    const { length } = array;
    if (!(length <= maxArrayLength)) this.refuse("is too long");
    const depth = this.#enter(array);
    let pieces: string[] | undefined;
    let text = "[";
    for (let index = 0; index < length; index++) {
      this.#names[depth] = index;
      let value = array[index];
      if (typeof value === "object" && value !== null) value = this.resolve(value, index);
      if (index > 0) text += ",";
      text += value === undefined ? "null" : this.#writeValue(value);
      if (index % pieceElements === pieceElements - 1) {
        pieces ??= [];
        pieces.push(flatten(text));
        text = "";
      }
    }
    this.#ancestors.pop();
    text += "]";
    return pieces === undefined ? text : pieces.join("") + text;
  }

  #writeObject(object: object): string {
    const depth = this.#enter(object);
    let pieces: string[] | undefined;
    let text = "";
    let count = 0;
    for (const name in object) {
      if (!hasOwn.call(object, name)) continue;
      this.#names[depth] = name;
      let value: unknown = (object as Record<string, unknown>)[name];
      if (typeof value === "object" && value !== null) value = this.resolve(value, name);
      if (value === undefined) continue;
      text += openProperty(name, count === 0) + this.#writeValue(value);
      if (++count % pieceElements === 0) {
        pieces ??= [];
        pieces.push(flatten(text));
        text = "";
      }
    }
    this.#ancestors.pop();
    if (count === 0) return "{}";
    text += "}";
    return pieces === undefined ? text : pieces.join("") + text;
  }

  /** Opens a container; returns its depth, 0 for the root. */
  #enter(container: object): number {
    const depth = this.#ancestors.length;
    for (let index = 0; index < depth; index++) {
      if (this.#ancestors[index] === container) this.refuse(`is a cycle: it is ${formatPath(this.#names.slice(0, index))} again`);
    }
    if (depth === maxNesting) this.refuse(`is nested more than ${maxNesting} deep`);
    this.#ancestors.push(container);
    this.#names[depth] = undefined;
    return depth;
  }
}
