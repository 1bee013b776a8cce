/**
 * Metadata on its way to the engine: checked and encoded first, then staged with the write that it belongs to.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkString, stringsOf, typeOf } from "./arguments.js";
import type { Core } from "./core.js";
import type { MetadataOptions } from "./types/index.js";
import { encodeValue } from "./values/encode.js";
import type { Encoded } from "./values/encoding.js";
import { isPlainPrototype } from "./values/foreign.js";
import { isWellFormed } from "./values/wellformed.js";

/** What a write changes of the metadata; what is absent stays. */
export interface Metadata {
  readonly tags: readonly string[] | undefined;
  readonly properties: readonly (readonly [string, Encoded])[] | undefined;
  readonly description: string | null | undefined;
}

/** A text of metadata, which must be well formed. */
export function checkText(name: string, text: unknown): asserts text is string {
  checkString(name, text);
  if (!isWellFormed(text)) throw new HoldallTypeError(`${name} must not hold a lone surrogate`);
}

/** A list of well-formed texts from an iterable of them. */
export function textsOf(name: string, texts: Iterable<string>): string[] {
  const list = stringsOf(name, texts);
  for (const text of list) checkText(`each of ${name}`, text);
  return list;
}

/** The metadata among the options of a write; `undefined` when there is none. */
export function metadataOf({ tags, properties, description }: MetadataOptions): Metadata | undefined {
  if (tags === undefined && properties === undefined && description === undefined) return undefined;
  const list = tags === undefined ? undefined : textsOf("tags", tags);
  if (description !== undefined && description !== null) checkText("description", description);
  return { tags: list, properties: properties === undefined ? undefined : encodeProperties(properties), description };
}

/** Gives the operation that was staged last its metadata. */
export function stageMetadata(core: Core, { tags, properties, description }: Metadata): void {
  const { raw, exchange } = core;
  if (tags !== undefined) raw.stageTags(exchange.writeRecord([tags.length, ...tags]));
  if (description !== undefined) {
    core.reserve(description ?? "");
    raw.stageDescription(description);
  }
  if (properties === undefined) return;
  raw.stageProperties();
  for (const [name, { encoding, content }] of properties) {
    core.reserve(name);
    raw.stageProperty(name, exchange.writeValue(content), encoding);
  }
}

/** Encodes the value of a property; a refusal says of which. */
export function encodeProperty(name: string, value: unknown): Encoded {
  try {
    return encodeValue(value);
  } catch (error) {
    if (error instanceof HoldallError) error.message = `${name}: ${error.message}`;
    throw error;
  }
}

function encodeProperties(properties: NonNullable<MetadataOptions["properties"]>): [string, Encoded][] {
  const isObject = typeof properties === "object" && properties !== null;
  if (!isObject || !isPlainPrototype(Object.getPrototypeOf(properties))) {
    throw new HoldallTypeError(`properties must be a plain object, not ${isObject ? "one of a class" : typeOf(properties)}`);
  }
  return Object.entries(properties).map(([name, value]) => {
    checkText("each name of properties", name);
    return [name, encodeProperty(`properties.${name}`, value)];
  });
}
