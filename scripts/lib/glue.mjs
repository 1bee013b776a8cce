/**
 * The glue of wasm-bindgen as a factory. What it generates is a module with one instance for good, so that nothing could start again after
 * a trap. `createGlue(module, around)` makes classes, functions and finalizers of their own for each instance; once it is told to `stop`, frees
 * and finalizers do nothing, and all other calls are refused, so that nothing reaches the instance any more.
 *
 * The text is rewritten, so glue of another shape than that of the pinned version is refused.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pruneGlue } from "./prune-glue.mjs";
import { Refusal } from "./run.mjs";

/** What starts the one instance: everything from here to the end is replaced. */
const start = "\nlet wasmModule, wasmInstance, wasm;\n";

/** What stands there at the beginning of lines, in this order. */
const starters = [
  "let wasmModule, wasmInstance, wasm;",
  "function __wbg_finalize_init(instance, module) {",
  "async function __wbg_load(module, imports) {",
  "function initSync(module) {",
  "let __wbg_init_promise;",
  "async function __wbg_init(module_or_path) {",
  "async function __wbg_init_once(module_or_path) {",
  "export { initSync, __wbg_init as default };",
];

/** Where the types of the one instance begin; as far as the end, they are replaced. */
const typesOfStart = "\nexport type InitInput =";

/** What may begin a line of code before that. */
const known = /^(?:export (?:class|function) \w+|function \w+\(|(?:const|let) \w+ = |if \(|cachedTextDecoder\.decode\(\);$)/;

/**
 * The names that glue exports: of classes and of functions.
 *
 * @param {string} text
 * @param {"class" | "function"} kind
 */
function exported(text, kind) {
  return [...text.matchAll(new RegExp(`^export ${kind} (\\w+)`, "gm"))].map(([, name = ""]) => name);
}

/**
 * The glue as a factory.
 *
 * @param {string} glue
 */
export function toFactory(glue) {
  const end = glue.indexOf(start);
  const refuse = (/** @type {string} */ why) => {
    throw new Refusal(`The glue of wasm-bindgen is not of the shape that the build knows (scripts/lib/glue.mjs): ${why}.`);
  };
  if (end < 0) refuse("it starts its instance in another way");
  const body = glue.slice(0, end);
  const linesOf = (/** @type {string} */ text) => text.split("\n").filter((line) => /^[a-z]/.test(line));
  if (linesOf(glue.slice(end)).join("\n") !== starters.join("\n")) refuse("what starts the instance has other parts");
  const stranger = linesOf(body).find((line) => !known.test(line));
  if (stranger !== undefined) refuse(`it has a line \`${stranger}\``);
  if (/\bwasmModule\b|\bwasmInstance\b|import\.meta/.test(body)) refuse("it names its module, its instance or its own file");
  const classes = exported(body, "class");
  const frees = classes.map((name) => `__wbg_${name.toLowerCase()}_free`);
  const unfree = frees.find((name) => body.split(`wasm.${name}(`).length !== 3);
  if (unfree !== undefined) refuse(`it does not call \`${unfree}\` from a \`free\` and a finalizer`);
  return `/* @ts-self-types="./holdall.d.ts" */
/** Made from the glue of wasm-bindgen by scripts/lib/glue.mjs. */
export function createGlue(module, around) {
${body.replace(/^\/\* @ts-self-types.*\n+/, "").replace(/^export /gm, "")}
let wasm = around(new WebAssembly.Instance(module, __wbg_get_imports()).exports);
wasm.__wbindgen_start();
return {
  ${[...classes, ...exported(body, "function")].join(", ")},
  memory: wasm.memory,
  stop(refuse) {
    const frees = { ${frees.map((name) => `${name}() {}`).join(", ")} };
    wasm = new Proxy(frees, { get: (_, name) => frees[name] ?? refuse });
  },
};
}
`;
}

/**
 * The types of the factory.
 *
 * @param {string} types
 */
export function toFactoryTypes(types) {
  const end = types.indexOf(typesOfStart);
  if (end < 0) throw new Refusal("The types of wasm-bindgen's glue are not of the shape that the build knows (scripts/lib/glue.mjs).");
  const body = types.slice(0, end);
  const classes = exported(body, "class");
  const members = [...classes, ...exported(body, "function")].map((name) => `    readonly ${name}: typeof ${name};\n`);
  return `${body.replace(/^export (?=class|function)/gm, "declare ")}
export type { ${classes.join(", ")} };

/**
 * What belongs to one instance.
 */
export interface Glue {
${members.join("")}    readonly memory: WebAssembly.Memory;
    /**
     * Ends all calls: frees and finalizers do nothing from now on, and \`refuse\` is called in the place of any other.
     */
    stop(refuse: () => never): void;
}

/**
 * Instantiates the engine. \`around\` gives the exports to call in the place of the instance's own.
 */
export function createGlue(module: WebAssembly.Module, around: (exports: WebAssembly.Exports) => WebAssembly.Exports): Glue;
`;
}

/**
 * Rewrites the glue in a folder, and its types.
 *
 * @param {string} folder
 */
export function makeFactory(folder) {
  for (const [name, rewrite] of /** @type {const} */ ([
    ["holdall.js", (/** @type {string} */ glue) => toFactory(pruneGlue(glue))],
    ["holdall.d.ts", toFactoryTypes],
  ])) {
    const file = join(folder, name);
    writeFileSync(file, rewrite(readFileSync(file, "utf8")));
  }
}
