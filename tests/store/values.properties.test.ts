/** Promises of section 2 for generated values: all that a store holds reads back, and garbage is refused with a code. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HoldallError } from "../../ts/errors.js";
import { fromBase64, toBase64 } from "../../ts/store/values/base64.js";
import { decodeBytes } from "../../ts/store/values/decode.js";
import { encodeValue } from "../../ts/store/values/encode.js";
import { isMemoizable } from "../../ts/store/values/encoding.js";
import { quote } from "../../ts/store/values/quote.js";
import { isWellFormed, isWellFormedByExpression } from "../../ts/store/values/wellformed.js";
import { name, plain, rich, text } from "./values.arbitraries.js";
import { describeValue, storedBytes, throughBytes } from "./values.support.js";

function isFrozenThroughout(value: unknown): boolean {
  return typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozenThroughout));
}

describe("generated values", () => {
  it("read back as they were, in order, and leave their source as it was", () => {
    fc.assert(
      fc.property(rich, (value) => {
        const before = describeValue(value);
        expect(describeValue(throughBytes(value))).toEqual(before);
        expect(describeValue(value)).toEqual(before);
        if (typeof value === "object" && value !== null && Object.keys(value).length > 0) expect(Object.isFrozen(value)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("of plain JSON are stored and read as JSON does", () => {
    fc.assert(
      fc.property(plain, (value) => {
        const json = JSON.stringify(value);
        expect(describeValue(throughBytes(value))).toEqual(describeValue(JSON.parse(json)));
        if (typeof value !== "string") expect(encodeValue(value).content).toBe(json);
      }),
      { numRuns: 2000 },
    );
  });

  it("of equal content have equal bytes, also when stored again", () => {
    fc.assert(
      fc.property(rich, (value) => {
        const encoded = encodeValue(value);
        expect(encodeValue(decodeBytes(encoded.encoding, storedBytes(encoded)))).toEqual(encoded);
      }),
      { numRuns: 1000 },
    );
  });

  it("are frozen throughout just when they are memoizable", () => {
    fc.assert(
      fc.property(rich, (value) => {
        const encoded = encodeValue(value);
        const back = decodeBytes(encoded.encoding, storedBytes(encoded));
        expect(isFrozenThroughout(back)).toBe(isMemoizable(encoded.encoding));
      }),
      { numRuns: 1000 },
    );
  });

  it("of text are quoted as JSON quotes", () => {
    fc.assert(
      fc.property(text, fc.nat(60), (content, padding) => {
        expect(quote(content + "x".repeat(padding))).toBe(JSON.stringify(content + "x".repeat(padding)));
      }),
    );
  });

  it("of text are well-formed just when UTF-8 keeps them", () => {
    fc.assert(
      fc.property(text, (content) => {
        const kept = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(content)) === content;
        expect([isWellFormed(content), isWellFormedByExpression(content)]).toEqual([kept, kept]);
      }),
    );
  });

  it("of bytes are base64 as the platform writes it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64(bytes)).toBe(btoa(String.fromCharCode(...bytes)));
        expect(fromBase64(toBase64(bytes))).toStrictEqual(bytes);
      }),
    );
  });
});

describe("garbage", () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    key: name,
  });
  type Make = () => unknown;
  const fail = (make: Make) => (): never => {
    throw make();
  };
  /** Makers rather than values, since fast-check itself would touch the traps. */
  const hostile = fc.letrec<{ make: Make }>((tie) => ({
    make: fc.oneof(
      { depthSize: "small" },
      anything.map(
        (value): Make =>
          () =>
            value,
      ),
      fc
        .constantFrom<unknown>(Symbol("s"), () => 1, Number.NaN, new Date(Number.NaN), new WeakMap(), /r/, undefined)
        .map(
          (value): Make =>
            () =>
              value,
        ),
      tie("make").map(
        (make): Make =>
          () =>
            Object.defineProperty({}, "inner", { get: make, enumerable: true }),
      ),
      tie("make").map(
        (make): Make =>
          () =>
            Object.defineProperty({}, "inner", { get: fail(make), enumerable: true }),
      ),
      tie("make").map(
        (make): Make =>
          () => ({ toJSON: make }),
      ),
      tie("make").map(
        (make): Make =>
          () => {
            const value = make();
            return typeof value === "object" && value !== null ? new Proxy(value, {}) : value;
          },
      ),
      fc.tuple(tie("make"), fc.constantFrom("get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor")).map(
        ([make, trap]): Make =>
          () =>
            new Proxy({ value: make() }, { [trap]: fail(make) }),
      ),
      tie("make").map(
        (make): Make =>
          () => {
            const cycle: unknown[] = [make()];
            cycle.push({ cycle });
            return cycle;
          },
      ),
      fc.array(tie("make"), { maxLength: 4 }).map(
        (makes): Make =>
          () =>
            makes.map((make) => make()),
      ),
      fc.array(fc.tuple(name, tie("make")), { maxLength: 4 }).map(
        (pairs): Make =>
          () =>
            Object.fromEntries(pairs.map(([property, make]) => [property, make()])),
      ),
    ),
  })).make;

  it("either reads back the same when stored again, or is refused with a code, at a place", () => {
    let stored = 0;
    let refused = 0;
    fc.assert(
      fc.property(hostile, (make) => {
        const value = make();
        let encoded: ReturnType<typeof encodeValue>;
        try {
          encoded = encodeValue(value);
        } catch (error) {
          expect(error).toBeInstanceOf(HoldallError);
          expect(error).toMatchObject({ code: "INVALID_VALUE", message: expect.stringMatching(/^Cannot store this value: \$/) });
          refused++;
          return;
        }
        const back = decodeBytes(encoded.encoding, storedBytes(encoded));
        expect(encodeValue(back)).toEqual(encoded);
        stored++;
      }),
      { numRuns: 3000 },
    );
    expect(stored).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(300);
  });

  it("among stored bytes decodes to a value or is refused with a code", () => {
    fc.assert(
      fc.property(
        fc.nat(31),
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => new TextEncoder().encode(json)),
        ),
        (encoding, bytes) => {
          try {
            expect(decodeBytes(encoding, bytes)).not.toBeUndefined();
          } catch (error) {
            expect(error).toMatchObject({ code: "INVALID_VALUE" });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
