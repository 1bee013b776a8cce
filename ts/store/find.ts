/**
 * Finding entries by conditions: checks them, and asks the engine, which has the indexes.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";
import { checkIterable, checkString, typeOf } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix, RecordPart } from "./exchange.js";
import { Walk } from "./listing.js";
import { checkText, encodeProperty, textsOf } from "./metadata.js";
import type { FindOptions, PropertyCondition, ValueKind } from "./types/index.js";
import { encodingsOfKind } from "./values/encoding.js";

/** Stands for a value that does not matter. */
const anyValue = 255;
/** Stands for a kind that does not matter. */
const anyKind = 2 ** 32 - 1;

/** The entries of a view that meet all conditions, as they are now. */
export function search(core: Core, within: Prefix, options: FindOptions, withValues = false): Walk {
  if (typeof options !== "object" || options === null) throw new HoldallTypeError(`options must be an object, not ${typeOf(options)}`);
  const { allTags = [], anyTags, property = [], kind, prefix = "", ...others } = options;
  for (const name of Object.keys(others)) throw new HoldallTypeError(`options.${name} is no condition to find by`);
  const all = textsOf("allTags", allTags);
  const any = anyTags === undefined ? undefined : textsOf("anyTags", anyTags);
  const conditions = conditionsOf(property);
  const kinds = kind === undefined ? anyKind : encodingsOf(kind);
  checkString("prefix", prefix);
  const now = core.begin();
  const { exchange, raw } = core;
  const tags = [all.length, ...all, ...(any === undefined ? [0] : [1, any.length, ...any])];
  const length = exchange.writeRecord([kinds, ...tags, conditions.length, ...conditions.flat()]);
  const to = exchange.writeKey(within, prefix, "prefix");
  const answer = core.run(() => raw.query(exchange.keyFrom(within), to, within.bytes.length, length, withValues, now));
  return new Walk(core, core.check(answer, within), withValues);
}

/** The encodings of one kind or several, a bit each. */
export function encodingsOf(kind: ValueKind | Iterable<ValueKind>): number {
  if (typeof kind !== "string") checkIterable("kind", kind);
  let encodings = 0;
  for (const one of typeof kind === "string" ? [kind] : kind) {
    const bits = encodingsOfKind(one);
    if (bits === 0) throw new HoldallTypeError('kind must be "string", "object" or another kind of value, or several of them');
    encodings |= bits;
  }
  return encodings;
}

/** Conditions on properties: name, encoding and content of each. */
function conditionsOf(property: NonNullable<FindOptions["property"]>): RecordPart[][] {
  if (typeof property !== "object" || property === null) throw notCondition(property);
  const list = Symbol.iterator in property ? [...property] : [property];
  return list.map((condition: PropertyCondition) => {
    if (typeof condition !== "object" || condition === null) throw notCondition(condition);
    const { name, value, ...others } = condition;
    checkText("property.name", name);
    for (const other of Object.keys(others)) throw new HoldallTypeError(`property.${other} is no part of a condition`);
    if (value === undefined) return [name, anyValue, ""];
    const { encoding, content } = encodeProperty("property.value", value);
    return [name, encoding, content];
  });
}

function notCondition(argument: unknown): HoldallTypeError {
  return new HoldallTypeError(`property must be { name, value? } or a list of such, not ${typeOf(argument)}`);
}
