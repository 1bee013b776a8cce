/**
 * Owns text as JSON strings, and flat text: what the writer builds its output from.
 *
 * @module
 */

import { charCodeAt } from "./code-units.js";

/** Up to this length a loop finds characters to escape faster than a regular expression does. */
const shortLength = 40;

/** Text that JSON holds as it is: no controls, quotes or backslashes; and no surrogates, since lone ones are escaped. */
const verbatim = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** A text as a JSON string, just as `JSON.stringify` gives it: faster, since most texts need no escape. */
export function quote(text: string): string {
  const { length } = text;
  if (length > shortLength) return verbatim.test(text) ? `"${text}"` : JSON.stringify(text);
  for (let index = 0; index < length; index++) {
    const code = charCodeAt.call(text, index);
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff)) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** Joins the tree of parts that V8 keeps a concatenation as, until a character is asked for; a tree of millions of parts costs the collector dear. */
export function flatten(text: string): string {
  text.charCodeAt(0);
  return text;
}

/** Names of properties come again and again: what to write for those seen before, as the first of their object and as a later one. */
const firstNames = /* @__PURE__ */ new Map<string, string>();
const laterNames = /* @__PURE__ */ new Map<string, string>();
const mostNames = 512;

/** The opening of a property: `{"name":` or `,"name":`. */
export function openProperty(name: string, first: boolean): string {
  const known = first ? firstNames : laterNames;
  const opening = known.get(name);
  if (opening !== undefined) return opening;
  const made = `${first ? "{" : ","}${quote(name)}:`;
  if (name.length <= shortLength) {
    // Objects that serve as maps bring ever new names: begin anew rather than grow.
    if (known.size >= mostNames) known.clear();
    known.set(name, flatten(made));
  }
  return made;
}
