/**
 * The expressions in a template's texts: `${{ store.key }}`, `${{ inputs.key }}`, `${{ node.outputs.field }}`. A name that is not one word is written
 * `["https://a.b"]`; what follows the first name leads into the value. `\${{` stands for the characters themselves.
 *
 * @module
 */

/** One expression. */
export interface Reference {
  /** What it reads from. */
  readonly from: "store" | "inputs" | "outputs";
  /** The node whose outputs it reads; empty else. */
  readonly node: string;
  /** The names that lead to the value; of the store or the inputs, the first is the key. */
  readonly path: readonly string[];
  /** As it stands in the text. */
  readonly source: string;
  /** Where it stands in the text, from 1 on. */
  readonly position: number;
}

/** What is no expression, though it begins like one. */
export interface Malformed {
  /** Where it stands in the text, from 1 on. */
  readonly position: number;
  /** What is wrong. */
  readonly reason: string;
}

/** A text taken apart: characters and expressions in their order. */
export interface Expression {
  /** The parts. */
  readonly parts: readonly (string | Reference)[];
  /** What could not be read. */
  readonly malformed: readonly Malformed[];
}

const opening = "${{";
const whole = /\$\{\{\s*([^\s.[\]{}"]+)((?:\.[^\s.[\]{}"]+|\[(?:"(?:[^"\\]|\\.)*"|\d+)\])*)\s*\}\}/y;
const segment = /\.([^\s.[\]{}"]+)|\[("(?:[^"\\]|\\.)*"|\d+)\]/g;

/** Takes a text apart, in one pass. */
export function parseExpression(text: string): Expression {
  const parts: (string | Reference)[] = [];
  const malformed: Malformed[] = [];
  let characters = "";
  let at = 0;
  for (let next = text.indexOf(opening); next !== -1; next = text.indexOf(opening, at)) {
    if (text[next - 1] === "\\" && next > at) {
      characters += text.slice(at, next - 1) + opening;
      at = next + opening.length;
      continue;
    }
    characters += text.slice(at, next);
    const read = readReference(text, next);
    if ("reason" in read) {
      malformed.push(read);
      at = next + opening.length;
    } else {
      if (characters !== "") parts.push(characters);
      characters = "";
      parts.push(read);
      at = next + read.source.length;
    }
  }
  characters += text.slice(at);
  if (characters !== "" || parts.length === 0) parts.push(characters);
  return { parts, malformed };
}

function readReference(text: string, at: number): Reference | Malformed {
  const position = at + 1;
  whole.lastIndex = at;
  const match = whole.exec(text);
  if (match === null)
    return { position, reason: "it is not closed, or not of the form ${{ store.key }}, ${{ inputs.key }} or ${{ node.outputs.field }}" };
  const [source, root = "", rest = ""] = match;
  const path: string[] = [];
  for (const [, name, bracketed = ""] of rest.matchAll(segment)) {
    const read = name ?? readBracketed(bracketed);
    if (read === undefined) return { position, reason: `${bracketed} is no JSON text` };
    path.push(read);
  }
  if (root === "store" || root === "inputs") {
    if (path.length === 0) return { position, reason: `${root} needs a key: \${{ ${root}.key }}` };
    return { from: root, node: "", path, source, position };
  }
  if (path[0] !== "outputs") return { position, reason: `of a node only its outputs can be read: \${{ ${root}.outputs.field }}` };
  return { from: "outputs", node: root, path: path.slice(1), source, position };
}

function readBracketed(bracketed: string): string | undefined {
  try {
    return String(JSON.parse(bracketed));
  } catch {
    return undefined;
  }
}

/** Calls back for each text within inputs, with where it stands. */
export function eachText(inputs: unknown, path: string, visit: (text: string, path: string) => void): void {
  if (typeof inputs === "string") visit(inputs, path);
  else if (Array.isArray(inputs)) for (const [at, item] of inputs.entries()) eachText(item, `${path}[${at}]`, visit);
  else if (isPlain(inputs)) for (const [name, item] of Object.entries(inputs)) eachText(item, pathTo(path, name), visit);
}

/** Whether something is an object made of properties alone. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The path of a property: `inputs.cursor`, `inputs["a.b"]`. */
export function pathTo(path: string, name: string): string {
  return /^[\w-]+$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
