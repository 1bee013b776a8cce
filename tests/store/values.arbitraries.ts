/**
 * The values that tests generate.
 *
 * @module
 */
import fc from "fast-check";

/** Any text, lone surrogates included, and often one that looks like a tag or needs an escape. */
export const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 }).map((codes) => String.fromCharCode(...codes)),
  fc.string({ unit: fc.constantFrom("~", "d", "n", "b", "1", '"', "\\", "\0", "a", ",", "\ud83d", "\ude00"), maxLength: 60 }),
);
/** Any name of a property. */
export const name = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString", "length", "0", "10", "a"));
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const plainScalar = fc.oneof(text, finite, fc.integer(), fc.boolean(), fc.constant(null));
const richScalar = fc.oneof(plainScalar, fc.bigInt(), fc.date({ noInvalidDate: true }), fc.uint8Array(), fc.constant(undefined));

/** Values with the given leaves; objects are made as `JSON.parse` makes them, `__proto__` as an own property. */
function valuesOf(scalar: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar,
      fc.array(tie("value"), { maxLength: 6 }),
      fc.array(fc.tuple(name, tie("value")), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs)),
    ),
  })).value;
}

/** Values of JSON alone. */
export const plain = valuesOf(plainScalar);
/** Values of all kinds. */
export const rich = valuesOf(richScalar).filter((value) => value !== undefined);
