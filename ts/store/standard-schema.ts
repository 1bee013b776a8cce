/**
 * Values against schemas and kinds: what passes, what a schema makes of it, and what is kept of that.
 *
 * What a schema makes of a stored value is kept with it, frozen, as long as the memo holds that value: so a second look costs a look-up, and
 * gives the same object. Where either cannot be frozen whole (it holds a `Date`, bytes or an instance of a class), the schema is asked each
 * time, and each caller gets an object of its own.
 *
 * @module
 */

import { type ErrorCode, type ErrorDetails, HoldallError, HoldallTypeError } from "../errors.js";
import { typeOf } from "./arguments.js";
import { detailsOf, type Prefix } from "./exchange.js";
import { atOnce } from "./promises.js";
import { mismatch } from "./refusals.js";
import { kindOfValue } from "./shape.js";
import type { SchemaIssue, StandardSchema, Value, ValueKind } from "./types/index.js";
import { isKind, maxNesting } from "./values/encoding.js";
import { isPlainPrototype } from "./values/foreign.js";
import { formatPath } from "./values/path.js";

/** At most so many places are named in a message. */
const mostPlaces = 3;

/** A value does not pass a schema: `INVALID_VALUE` where it was to be written, `TYPE_MISMATCH` where it was read. */
export class SchemaError extends HoldallError {
  /** What the schema found. Not shown where errors are printed, since schemas quote values. */
  declare readonly issues: readonly SchemaIssue[];

  constructor(code: "INVALID_VALUE" | "TYPE_MISMATCH", issues: readonly SchemaIssue[], details?: ErrorDetails) {
    // Whatever a schema calls an issue is one: at the root, where it does not say otherwise.
    const places = issues.slice(0, mostPlaces).map((issue: Partial<SchemaIssue> | null | undefined) => {
      const path = issue?.path;
      const names = Array.isArray(path) ? path.map((name) => (typeof name === "object" ? name?.key : name)) : [];
      return formatPath(names.map((name) => (typeof name === "number" ? name : name && String(name))));
    });
    const what = code === "INVALID_VALUE" ? "Cannot store this value: it" : "The stored value";
    const more = issues.length > mostPlaces ? ` and ${issues.length - mostPlaces} more` : "";
    super(code, `${what} does not pass the schema at ${[...new Set(places)].join(", ") || "$"}${more}`, details);
    Object.defineProperty(this, "issues", { value: issues });
  }
}

/** A schema. */
export function checkSchema(schema: unknown): asserts schema is StandardSchema {
  const isThere = (typeof schema === "object" && schema !== null) || typeof schema === "function";
  if (!isThere || typeof (schema as Partial<StandardSchema>)["~standard"]?.validate !== "function") {
    throw new HoldallTypeError(`schema must be a Standard Schema, not ${isThere ? "something else" : typeOf(schema)}`);
  }
}

/** What a schema makes of a value. Throws `INVALID_ARGUMENT` for a schema that answers later, or otherwise than schemas do. */
export function validate(
  schema: StandardSchema,
  value: unknown,
  code: Extract<ErrorCode, "INVALID_VALUE" | "TYPE_MISMATCH">,
  prefix: Prefix,
  key: string,
): unknown {
  const result = atOnce("schema must be synchronous, as a store is", schema["~standard"].validate(value));
  const isResult =
    typeof result === "object" && result !== null && (!("issues" in result) || !result.issues || Array.isArray(result.issues));
  if (!isResult) throw new HoldallTypeError("schema must answer with a value or a list of issues");
  if (result.issues) throw new SchemaError(code, result.issues, detailsOf(prefix, key));
  return result.value;
}

/** What a schema made of frozen values. */
export type Known = WeakMap<object, unknown>;

const knownBySchema = /* @__PURE__ */ new WeakMap<StandardSchema, Known>();

/** Where what a schema makes of values is kept. */
export function knownOf(schema: StandardSchema): Known {
  const known: Known = knownBySchema.get(schema) ?? new WeakMap();
  knownBySchema.set(schema, known);
  return known;
}

/** What a schema makes of a stored value. */
export function readBySchema(schema: StandardSchema, known: Known, stored: unknown, prefix: Prefix, key: string): unknown {
  const isObject = typeof stored === "object" && stored !== null;
  const made = isObject ? known.get(stored) : undefined;
  if (made !== undefined) return made;
  const output = validate(schema, stored, "TYPE_MISMATCH", prefix, key);
  if (!isObject || !Object.isFrozen(stored)) return output;
  const frozen = output === stored ? stored : frozenCopy(output);
  if (frozen === undefined) return output;
  known.set(stored, frozen);
  return frozen;
}

/** A kind, or a schema. */
export function checkKindOrSchema(as: unknown): void {
  if (typeof as !== "string") checkSchema(as);
  else if (!isKind(as)) throw new HoldallTypeError("kind must be one that kindOf gives");
}

/** A stored value as one of a kind, or as a schema gives it. */
export function readAs(as: ValueKind | StandardSchema, stored: Value, prefix: Prefix, key: string): unknown {
  if (typeof as !== "string") return readBySchema(as, knownOf(as), stored, prefix, key);
  const kind = kindOfValue(stored);
  if (kind !== as) throw mismatch(`The value is of the kind ${kind}, not ${as}`, prefix, key);
  return stored;
}

/** A copy that is frozen whole, since a schema may have put objects of its caller's into what it made; `undefined` where there can be none. */
function frozenCopy(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
  const isArray = Array.isArray(value);
  if (depth > maxNesting || !(isArray || isPlainPrototype(Object.getPrototypeOf(value)))) return undefined;
  const copies: [string, unknown][] = [];
  for (const [name, part] of Object.entries(value)) {
    const copy = frozenCopy(part, depth + 1);
    if (copy === undefined && part !== undefined) return undefined;
    copies.push([name, copy]);
  }
  return Object.freeze(isArray ? copies.map(([, copy]) => copy) : Object.fromEntries(copies));
}
