/**
 * What the tests of values share: the way through bytes and back, a description of values to compare by, and another realm.
 *
 * @module
 */
import { decodeBytes, decodeText } from "../../ts/store/values/decode.js";
import { encodeValue } from "../../ts/store/values/encode.js";
import type { Encoded } from "../../ts/store/values/encoding.js";

/** The stored bytes of an encoded value. */
export function storedBytes({ content }: Encoded): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
}

/** A value as it comes back from the bytes that it was stored as; the way through text must agree. */
export function throughBytes(value: unknown): unknown {
  const encoded = encodeValue(value);
  const decoded = decodeBytes(encoded.encoding, storedBytes(encoded));
  if (typeof encoded.content === "string") {
    const fromText = decodeText(encoded.encoding, encoded.content, "mutable");
    if (JSON.stringify(describeValue(fromText)) !== JSON.stringify(describeValue(decoded)))
      throw new Error("text and bytes decode to different values");
  }
  return decoded;
}

/**
 * What the contract says that a value reads back as, written as nested lists, so that the order of properties, own `__proto__` properties and
 * the difference of kinds all show in a comparison. Written apart from the code under test: it knows nothing of JSON text.
 */
export function describeValue(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return ["number", String(value)];
    case "bigint":
      return ["bigint", String(value)];
    case "object":
      break;
    default:
      return [typeof value, value];
  }
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array", Array.from(value, (element) => describeValue(element === undefined ? null : element))];
  if (value instanceof Date) return ["date", value.getTime()];
  if (value instanceof Uint8Array) return ["bytes", Array.from(value)];
  const properties = Object.entries(value).filter(([, property]) => property !== undefined);
  return ["object", properties.map(([name, property]) => [name, describeValue(property)])];
}

interface NodeVm {
  runInNewContext(code: string): unknown;
}

/** Evaluates an expression in another realm: a frame in a browser, a context in Node. */
export function inAnotherRealm(expression: string): unknown {
  if (typeof document !== "undefined") {
    const frame = document.body.appendChild(document.createElement("iframe"));
    return (frame.contentWindow as unknown as { eval(code: string): unknown }).eval(`(${expression})`);
  }
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): NodeVm } };
  return process.getBuiltinModule("node:vm").runInNewContext(`(${expression})`);
}

/** Memory that threads share; a browser hides the constructor from pages that are not isolated, but not the thing. */
export function sharedMemory(): ArrayBufferLike {
  return new WebAssembly.Memory({ shared: true, initial: 1, maximum: 1 }).buffer;
}
