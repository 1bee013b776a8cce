/**
 * Takes out of wasm-bindgen's glue what our engine and platforms never need: half a kilobyte of the default entry, gzipped, which is bound to 90.
 *
 * @module
 */
import { Refusal } from "./run.mjs";

/** What goes, why it may, and what stands in its place. */
const cuts = /** @type {const} */ ([
  ["every platform has finalizers", /\(typeof FinalizationRegistry === 'undefined'\)\n +\? \{.*\}\n +: /g, ""],
  ["nobody disposes of raw objects by `using`", /^if \(Symbol\.dispose\) .*\n/gm, ""],
  ["raw objects are passed by our facade alone, which is typed", / +_assertClass\(\w+, \w+\);\n/g, ""],
  ["raw objects are passed by our facade alone, which is typed", /^function _assertClass\(instance, klass\) \{\n(?: .*\n)+\}\n/gm, ""],
  [
    "texts that are hot cross by the exchange area, so one way to pass the others is enough",
    /^function passStringToWasm0\(arg, malloc, realloc\) \{\n +if \(realloc === undefined\) \{\n((?: {8}.*\n)+) +\}\n(?:(?: .*)?\n)+?\}\n/gm,
    "function passStringToWasm0(arg, malloc) {\n$1}\n",
  ],
  ["every platform has `encodeInto`", /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n(?: .*\n)+\}\n/gm, ""],
  [
    "texts that come by the glue are short, and never 2 GB in all of a decoder's life",
    /^const MAX_SAFARI_DECODE_BYTES = .*\nlet numBytesDecoded = 0;\nfunction decodeText\(bytes\) \{\n(?: .*\n)+\}\n/gm,
    "function decodeText(bytes) {\n    return cachedTextDecoder.decode(bytes);\n}\n",
  ],
]);

/**
 * The glue without that. Refuses glue in which something of it is not there: the pinned version has all of it.
 *
 * @param {string} glue
 */
export function pruneGlue(glue) {
  let pruned = glue;
  for (const [why, pattern, replacement] of cuts) {
    const next = pruned.replace(pattern, replacement);
    if (next === pruned) throw new Refusal(`The glue of wasm-bindgen lacks what is cut because ${why} (scripts/lib/prune-glue.mjs).`);
    pruned = next;
  }
  return pruned;
}
