/** Promises of section 2: what is handed out is frozen throughout or fresh, and damage is told, never guessed at or quoted. */
import { describe, expect, it } from "vitest";
import { HoldallError } from "../../ts/errors.js";
import { decodeBytes, decodeText } from "../../ts/store/values/decode.js";
import { encodeValue } from "../../ts/store/values/encode.js";
import { encodings } from "../../ts/store/values/encoding.js";
import { storedBytes } from "./values.support.js";

function decoded(value: unknown, access?: "frozen" | "mutable"): unknown {
  const encoded = encodeValue(value);
  return decodeBytes(encoded.encoding, storedBytes(encoded), access);
}

describe("a decoded value", () => {
  it("is frozen throughout, with bigints too", () => {
    const value = decoded({ list: [{ n: 1n }, [[]]], inner: { a: {}, s: "~" } }) as { list: [object, [object]]; inner: { a: object } };
    const containers = [value, value.list, value.list[0], value.list[1], value.list[1][0], value.inner, value.inner.a];
    expect(containers.map(Object.isFrozen)).toEqual(containers.map(() => true));
    expect(() => Object.assign(value.inner, { b: 1 })).toThrow(TypeError);
  });

  it("is not frozen anywhere when it holds a date or bytes, nor when a copy to edit is asked for", () => {
    const holding = decoded({ list: [{}], date: new Date(0) }) as { list: object[] };
    const copy = decoded({ list: [{ n: 1n }] }, "mutable") as { list: object[] };
    for (const value of [holding, copy]) expect([value, value.list, value.list[0]].map(Object.isFrozen)).toEqual([false, false, false]);
  });

  it("is new every time, and bytes are a copy of those given", () => {
    expect(decoded(new Date(0))).not.toBe(decoded(new Date(0)));
    const stored = new Uint8Array([1, 2]);
    const first = decodeBytes(encodings.bytes, stored) as Uint8Array;
    first[0] = 9;
    expect(stored).toStrictEqual(new Uint8Array([1, 2]));
    stored[1] = 8;
    expect(first).toStrictEqual(new Uint8Array([9, 2]));
    expect(first.constructor).toBe(Uint8Array);
  });

  it("has nothing to do with what somebody hung on Object.prototype", () => {
    const hung = { a: 1 };
    let names: string[];
    let content: unknown;
    Object.defineProperty(Object.prototype, "hung", { value: hung, enumerable: true, configurable: true });
    try {
      names = Object.keys(decoded({ own: { n: 1n } }) as object);
      ({ content } = encodeValue({ own: 1 }));
    } finally {
      Reflect.deleteProperty(Object.prototype, "hung");
    }
    expect([names, content, Object.isFrozen(hung)]).toEqual([["own"], '{"own":1}', false]);
  });
});

const secret = "s3cret";
const damage: readonly (readonly [encoding: number, text: string])[] = [
  [encodings.escapedString, `"${secret}`],
  [encodings.escapedString, "12"],
  [encodings.number, secret],
  [encodings.number, "1e999"],
  [encodings.number, "true"],
  [encodings.number, ""],
  [encodings.boolean, "0"],
  [encodings.null, "undefined"],
  [encodings.null, "{}"],
  [encodings.array, `["${secret}"`],
  [encodings.array, "{}"],
  [encodings.array, "null"],
  [encodings.object, "[]"],
  [encodings.object, "null"],
  [encodings.object, `{"a":${secret}}`],
  [encodings.date, secret],
  [encodings.date, ""],
  [encodings.date, "1.5"],
  [encodings.date, "-0"],
  [encodings.date, "8640000000000001"],
  [encodings.bigint, ""],
  [encodings.bigint, "0x10"],
  [encodings.bigint, " 1"],
  [encodings.bigint, "01"],
  [encodings.bytes, "text"],
  [encodings.taggedArray, '["~"]'],
  [encodings.taggedArray, `["~x${secret}"]`],
  [encodings.taggedObject, '{"a":"~n1.5"}'],
  [encodings.taggedMutableObject, '{"a":["~dNaN"]}'],
  [encodings.taggedMutableArray, '["~bAA="]'],
  [encodings.taggedMutableArray, '["~bAB=="]'],
  [encodings.taggedMutableArray, '["~bAAB="]'],
  [encodings.taggedMutableArray, '["~b===="]'],
  [encodings.taggedMutableArray, '["~bA==="]'],
  [encodings.taggedMutableArray, '["~bAA\u0141A"]'],
  [encodings.taggedMutableArray, '["~b-_-_"]'],
  [encodings.object, `{"a":${"[".repeat(500)}${"]".repeat(500)}}`],
  [encodings.array, "[".repeat(100_000) + "]".repeat(100_000)],
  [encodings.taggedMutableArray, "[".repeat(100_000) + "]".repeat(100_000)],
  [14, "1"],
];

describe("damage", () => {
  it.each(damage)("in encoding %d is INVALID_VALUE and is not quoted: %.60s", (encoding, text) => {
    for (const decode of [() => decodeText(encoding, text), () => decodeBytes(encoding, new TextEncoder().encode(text))]) {
      if (encoding === encodings.bytes && decode.toString().includes("decodeBytes")) continue;
      let thrown: unknown;
      try {
        decode();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(HoldallError);
      const { code, message, cause } = thrown as HoldallError;
      expect(code).toBe("INVALID_VALUE");
      expect(message + String(cause)).not.toContain(secret);
    }
  });

  it("of UTF-8 is INVALID_VALUE with its cause", () => {
    for (const encoding of [encodings.string, encodings.object]) {
      const decode = () => decodeBytes(encoding, new Uint8Array([0x22, 0xff, 0x22]));
      expect(decode).toThrow(expect.objectContaining({ code: "INVALID_VALUE", cause: expect.any(TypeError) }));
    }
  });

  it("of JSON names the kind, with a cause", () => {
    expect(() => decodeText(encodings.object, "{")).toThrow(
      expect.objectContaining({ message: expect.stringContaining("object"), cause: expect.any(SyntaxError) }),
    );
  });
});
