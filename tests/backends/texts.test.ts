/** Texts are ordered and measured as UTF-8 has them, not as UTF-16 does. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareTexts, utf8Length } from "../../ts/backends/local/texts.js";

const text = fc.string({
  unit: fc.constantFrom("a", "b", "\u007f", "\u0080", "é", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "😀", "\u{10ffff}"),
});
const encode = (each: string) => new TextEncoder().encode(each);

/** Compares byte by byte. */
function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at === -1 ? one.length - other.length : (one[at] ?? 0) - (other[at] ?? -1);
}

test("a text counts its bytes, and comes where its bytes come", () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(utf8Length(one)).toBe(encode(one).length);
      expect(Math.sign(compareTexts(one, other))).toBe(Math.sign(compareBytes(encode(one), encode(other))));
    }),
    { numRuns: 1_000 },
  );
});
