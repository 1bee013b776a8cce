/**
 * Puts values in the place of expressions. In one pass: what comes in is never read for expressions again.
 *
 * @module
 */
import { HoldallError } from "../../errors.js";
import type { Value } from "../../store/types/index.js";
import { isPlain, parseExpression, pathTo, type Reference } from "./expression.js";

/** What a node's outputs are, seen from another node: one value, or one for each item where it ran per item and this one gathers. */
export type OutputsSeen = { readonly one: Value } | { readonly items: readonly Value[] };

/** What expressions are resolved from. */
export interface Sources {
  /** A value of the run's store. */
  store(key: string): Value | undefined;
  /** What the run was triggered with. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** What a node gave: `null` where it was skipped or pruned, `undefined` where there is nothing to be read. */
  outputs(node: string): OutputsSeen | null | undefined;
}

/**
 * The inputs of a node with their expressions resolved. An input that is one whole expression keeps the kind of its value; within text, what is no
 * text becomes JSON. Throws `UNRESOLVED`, with the key, where an expression leads nowhere.
 */
export function resolveInputs(inputs: Readonly<Record<string, Value>>, sources: Sources, node: string): Record<string, Value> {
  return resolve(inputs, sources, `${node}.inputs`) as Record<string, Value>;
}

function resolve(input: Value, sources: Sources, path: string): Value {
  if (typeof input === "string") return resolveText(input, sources, path);
  if (Array.isArray(input)) return input.map((item: Value, at) => resolve(item, sources, `${path}[${at}]`));
  if (!isPlain(input)) return input;
  return Object.fromEntries(
    Object.entries(input).map(([name, item]) => [name, item === undefined ? item : resolve(item as Value, sources, pathTo(path, name))]),
  );
}

function resolveText(text: string, sources: Sources, path: string): Value {
  const { parts } = parseExpression(text);
  const [only] = parts;
  if (parts.length === 1 && typeof only === "object") return lookUp(only, sources, path);
  return parts.map((part) => (typeof part === "string" ? part : toText(lookUp(part, sources, path)))).join("");
}

function lookUp(reference: Reference, sources: Sources, path: string): Value {
  const found = valueAt(reference, sources);
  if (found !== undefined) return found;
  const { from, node, path: names, source, position } = reference;
  const key = from === "outputs" ? `${node}.outputs` : names[0];
  throw new HoldallError("UNRESOLVED", `${source} at character ${position} of ${path} leads to nothing`, { key });
}

function valueAt({ from, node, path }: Reference, sources: Sources): Value | undefined {
  const [key = "", ...rest] = path;
  if (from === "store") return within(sources.store(key), rest);
  if (from === "inputs") return within(sources.inputs, path);
  const seen = sources.outputs(node);
  // A join reads what a branch that was not chosen would have given.
  if (seen === null || seen === undefined) return seen;
  if ("one" in seen) return within(seen.one, path);
  const values = seen.items.map((item) => within(item, path));
  return values.includes(undefined) ? undefined : (values as Value[]);
}

function within(value: Value | undefined, path: readonly string[]): Value | undefined {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, Value | undefined>>)[name];
  }
  return found;
}

/** A value within a text: JSON, with what JSON has not as text. */
function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value, (_, part) => {
    if (typeof part === "bigint") return String(part);
    return part instanceof Uint8Array ? [...part] : part;
  });
}
