/**
 * Owns the one question that UTF-8 asks of a JavaScript string: is every surrogate paired? Linear in the text.
 *
 * @module
 */

const native = (String.prototype as { isWellFormed?: (this: string) => boolean }).isWellFormed;

/** Under `u`, a paired surrogate is part of another character, so this matches lone ones only. */
const loneSurrogate = /\p{Surrogate}/u;

/** Whether a text holds no lone surrogate, where the platform does not say: by a regular expression. */
export function isWellFormedByExpression(text: string): boolean {
  return !loneSurrogate.test(text);
}

/** Whether a text holds no lone surrogate, so that UTF-8 can hold it: `"a 😀"` is well formed, `"\ud83d"` is not. */
export const isWellFormed: (text: string) => boolean = native === undefined ? isWellFormedByExpression : (text) => native.call(text);
