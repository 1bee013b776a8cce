/** Promises of section 2: what a value reads back as, and the bytes that it is stored as. */
import { describe, expect, it } from "vitest";
import { encodeValue } from "../../ts/store/values/encode.js";
import { encodings, estimateBytes, isMemoizable, kindOfEncoding } from "../../ts/store/values/encoding.js";
import { isWellFormed, isWellFormedByExpression } from "../../ts/store/values/wellformed.js";
import { describeValue, inAnotherRealm, sharedMemory, throughBytes } from "./values.support.js";

/** The durable format, by hand: a change of any line breaks stores that exist. */
const format: readonly (readonly [title: string, value: unknown, encoding: number, kind: string, content: string])[] = [
  ["text", "grüße 😀 \0", 0, "string", "grüße 😀 \0"],
  ["empty text", "", 0, "string", ""],
  ["text that begins with U+FEFF", "\ufeffa", 0, "string", "\ufeffa"],
  ["text that looks like a tag", "~n1", 0, "string", "~n1"],
  ["ill-formed text", 'a\ud83d"\u0007', 1, "string", '"a\\ud83d\\"\\u0007"'],
  ["a number", -12.5e-7, 2, "number", "-0.00000125"],
  ["a large number", 1e21, 2, "number", "1e+21"],
  ["negative zero", -0, 2, "number", "0"],
  ["true", true, 3, "boolean", "true"],
  ["false", false, 3, "boolean", "false"],
  ["null", null, 4, "null", "null"],
  ["an array", [1, "~d1", -0, null, [true]], 5, "array", '[1,"~d1",0,null,[true]]'],
  ["an empty array", [], 5, "array", "[]"],
  ["an object", { b: "\u2028\n", a: { c: "\udc00" } }, 6, "object", '{"b":"\u2028\\n","a":{"c":"\\udc00"}}'],
  ["an empty object", {}, 6, "object", "{}"],
  ["a date", new Date(-5), 7, "date", "-5"],
  ["a bigint", -(2n ** 70n), 8, "bigint", "-1180591620717411303424"],
  ["an array with a bigint", ["~", 5n, "~~", { "~n": "a~" }], 10, "array", '["~~","~n5","~~~",{"~n":"a~"}]'],
  ["an object with a bigint", { n: 0n, s: "~n0" }, 11, "object", '{"n":"~n0","s":"~~n0"}'],
  ["an array with a date", [new Date(1.7e12), 1n, '~"'], 12, "array", '["~d1700000000000","~n1","~~\\""]'],
  ["an object with bytes", { b: new Uint8Array([0, 1, 2, 255]) }, 13, "object", '{"b":"~bAAEC/w=="}'],
];

describe("the format", () => {
  it.each(format)("stores %s as it always has", (_title, value, encoding, kind, content) => {
    expect(encodeValue(value)).toEqual({ encoding, content });
    expect(kindOfEncoding(encoding)).toBe(kind);
    expect(describeValue(throughBytes(value))).toEqual(
      describeValue(value === 0 ? 0 : Array.isArray(value) ? value.map((v) => (v === 0 ? 0 : v)) : value),
    );
  });

  it("stores bytes as themselves", () => {
    expect(encodeValue(new Uint8Array([7, 8]))).toEqual({ encoding: 9, content: new Uint8Array([7, 8]) });
    expect(kindOfEncoding(9)).toBe("bytes");
  });

  it("knows the kind of every encoding, and of no other number", () => {
    const numbers = Object.values(encodings);
    expect(numbers).toEqual(Array.from({ length: 14 }, (_, index) => index));
    for (const number of [14, 31, -1, 0.5])
      expect(() => kindOfEncoding(number)).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }));
  });

  it("tells values that can be frozen whole from those that cannot", () => {
    const frozen = ["a", "\ud800", 1, true, null, [1], {}, 1n, [1n], { n: 1n }];
    const fresh = [new Date(0), new Uint8Array(1), [new Date(0), 1n], { b: new Uint8Array(0) }];
    expect(frozen.map((value) => isMemoizable(encodeValue(value).encoding))).toEqual(frozen.map(() => true));
    expect(fresh.map((value) => isMemoizable(encodeValue(value).encoding))).toEqual(fresh.map(() => false));
  });

  it("estimates more heap for more bytes, and never none", () => {
    for (const encoding of Object.values(encodings)) {
      expect(estimateBytes(encoding, 0)).toBeGreaterThan(0);
      expect(estimateBytes(encoding, 2000)).toBeGreaterThanOrEqual(estimateBytes(encoding, 20));
    }
    expect(estimateBytes(encodings.object, 2000)).toBeGreaterThan(2000);
  });
});

describe("what reads back", () => {
  it("is missing undefined properties, and null for undefined elements and holes, as in JSON", () => {
    // biome-ignore lint/suspicious/noSparseArray: holes are the matter
    expect(throughBytes({ a: undefined, b: [undefined, , 1], c: {} })).toStrictEqual({ b: [null, null, 1], c: {} });
  });

  it("has zero for negative zero at any depth", () => {
    expect(throughBytes({ a: [-0, { b: -0 }] })).toStrictEqual({ a: [0, { b: 0 }] });
  });

  it("keeps the order of properties, and odd names", () => {
    const value = JSON.parse('{"z":1,"__proto__":{"x":[1]},"constructor":2,"":3,"\\ud800":4,"a\\"b\\u0000":5,"~n1":"~n1","toString":6}');
    expect(describeValue(throughBytes(value))).toEqual(describeValue(value));
    expect(describeValue(throughBytes({ value, n: 1n, ["__proto__"]: "~" }))).toEqual(describeValue({ value, n: 1n, ["__proto__"]: "~" }));
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("is an ordinary object where one without a prototype went in", () => {
    const bare = Object.assign(Object.create(null), { a: 1, nested: Object.assign(Object.create(null), { b: 2 }) });
    expect(throughBytes(bare)).toStrictEqual({ a: 1, nested: { b: 2 } });
  });

  it("honours toJSON as JSON does, once, with the name of the place", () => {
    const names: string[] = [];
    const named = (result: unknown) => ({
      toJSON(name: string) {
        names.push(name);
        return result;
      },
    });
    class Money {
      #cents = 5;
      toJSON() {
        return { cents: this.#cents, at: new Date(9) };
      }
    }
    const value = { p: named(1n), list: [named(undefined), named("~x")], gone: named(undefined), money: new Money() };
    expect(throughBytes(value)).toStrictEqual({ p: 1n, list: [null, "~x"], money: { cents: 5, at: new Date(9) } });
    expect(names).toEqual(["p", "0", "1", "gone"]);
    expect(throughBytes(new URL("https://a.b/c"))).toBe("https://a.b/c");
    expect(throughBytes(named([named(1)]))).toStrictEqual([1]);
    expect(names.slice(4)).toEqual(["", "0"]);
  });

  it("keeps dates and bytes, which have a toJSON of their own or of a subclass", () => {
    class Day extends Date {}
    class Chunk extends Uint8Array {
      toJSON() {
        return "not this";
      }
    }
    expect(throughBytes([new Day(5), new Chunk([1, 2])])).toStrictEqual([new Date(5), new Uint8Array([1, 2])]);
    expect(throughBytes(new Day(5))).toStrictEqual(new Date(5));
    expect(throughBytes(new Chunk([1, 2]))).toStrictEqual(new Uint8Array([1, 2]));
    const { Buffer } = globalThis as { Buffer?: { from(bytes: number[]): Uint8Array } };
    if (Buffer !== undefined) expect(throughBytes({ b: Buffer.from([3, 4]) })).toStrictEqual({ b: new Uint8Array([3, 4]) });
  });

  it("takes the true bytes of a liar", () => {
    const liar = Object.defineProperty(new Uint8Array([1, 2, 3]), "length", { value: 1 });
    expect(throughBytes(liar)).toStrictEqual(new Uint8Array([1, 2, 3]));
    expect(throughBytes([liar])).toStrictEqual([new Uint8Array([1, 2, 3])]);
  });

  it("is what the bytes were, though their buffer is used again (as a generator of pairs may) or given away", () => {
    const buffer = new Uint8Array([1, 2]);
    const first = encodeValue(buffer);
    buffer.fill(9);
    const second = encodeValue(buffer);
    structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
    expect([first.content, second.content]).toStrictEqual([new Uint8Array([1, 2]), new Uint8Array([9, 9])]);
  });

  it("takes a part of a buffer, and shared memory by copy", () => {
    expect(throughBytes(new Uint8Array(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2))).toStrictEqual(new Uint8Array([2, 3]));
    const shared = new Uint8Array(sharedMemory(), 8, 2).fill(6);
    const { content } = encodeValue(shared);
    shared.fill(7);
    expect(content).toStrictEqual(new Uint8Array([6, 6]));
    expect(throughBytes([shared])).toStrictEqual([new Uint8Array([7, 7])]);
  });

  it("takes what another realm made", () => {
    const made = inAnotherRealm("{ list: [1, { a: 2 }], date: new Date(3), bytes: new Uint8Array([4]), n: 5n }");
    expect(throughBytes(made)).toStrictEqual({ list: [1, { a: 2 }], date: new Date(3), bytes: new Uint8Array([4]), n: 5n });
    expect(throughBytes(inAnotherRealm("new Date(3)"))).toStrictEqual(new Date(3));
    expect(throughBytes(inAnotherRealm("new Uint8Array([4])"))).toStrictEqual(new Uint8Array([4]));
  });

  it("allows one object in many places", () => {
    const shared = { a: [1] };
    expect(throughBytes([shared, { shared }, shared])).toStrictEqual([{ a: [1] }, { shared: { a: [1] } }, { a: [1] }]);
  });

  it("equals what JSON gives for large values", () => {
    const rows = Array.from({ length: 5000 }, (_, id) => ({ id, name: `row ${id}`, [`own${id}`]: "~", tags: ["a", '"'] }));
    const wide = Object.fromEntries(rows.map((row) => [`key ${row.id}`, row]));
    expect(encodeValue(rows).content).toBe(JSON.stringify(rows));
    expect(encodeValue(wide).content).toBe(JSON.stringify(wide));
    const megabyte = new Uint8Array(1_000_000).map((_, index) => index * 7);
    const [back] = throughBytes([megabyte]) as Uint8Array[];
    // By a loop, since comparing them as objects takes ten seconds.
    expect(back?.length).toBe(megabyte.length);
    expect(megabyte.every((byte, index) => back?.[index] === byte)).toBe(true);
  });
});

describe("reading a value", () => {
  it("reads each accessor once", () => {
    let reads = 0;
    const value = {
      get a() {
        return ++reads;
      },
      list: Object.defineProperty([0], 0, { get: () => ++reads, enumerable: true }),
    };
    expect(throughBytes(value)).toStrictEqual({ a: 1, list: [2] });
    expect(reads).toBe(2);
  });

  it("stores of a Proxy what it checked, though the next answer would differ", () => {
    let reads = 0;
    const shifty = new Proxy({ a: 1 }, { get: (_target, name) => (name === "a" ? (++reads === 1 ? 1 : Number.NaN) : undefined) });
    expect(throughBytes({ shifty, n: 1n })).toStrictEqual({ shifty: { a: 1 }, n: 1n });
    expect(reads).toBe(1);
  });

  it("may set other values on the way", () => {
    const inner = { list: ["~inner", 1n] };
    const value = {
      before: "~",
      get nested() {
        return encodeValue(inner).content;
      },
      after: [1],
    };
    expect(throughBytes(value)).toStrictEqual({ before: "~", nested: '{"list":["~~inner","~n1"]}', after: [1] });
    expect(encodeValue(["~"]).content).toBe('["~"]');
  });

  it("leaves the value as it was, unfrozen", () => {
    const value = { list: [{ a: "~" }], date: new Date(1), bytes: new Uint8Array([1]), n: 1n };
    const before = describeValue(value);
    encodeValue(value);
    expect(describeValue(value)).toEqual(before);
    expect([value, value.list, value.list[0]].map(Object.isFrozen)).toEqual([false, false, false]);
  });
});

describe("isWellFormed", () => {
  it.each([
    ["", true],
    ["plain", true],
    ["😀", true],
    ["\ud83d", false],
    ["a\ude00b", false],
    ["\ude00\ud83d", false],
    ["😀\ud83d", false],
  ])("of %j is %s, with the platform's help or without", (text, expected) => {
    expect(isWellFormed(text)).toBe(expected);
    expect(isWellFormedByExpression(text)).toBe(expected);
  });
});
