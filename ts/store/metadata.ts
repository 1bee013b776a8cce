/**
 * Metadata on its way to the engine, checked and encoded first, then staged with the write that it belongs to; and as it is read.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkString, stringsOf, typeOf } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { RecordReader } from "./records.js";
import type { Metadata } from "./steps.js";
import type { Meta, MetadataOptions } from "./types/index.js";
import { encodeValue } from "./values/encode.js";
import type { Encoded } from "./values/encoding.js";
import { isPlainPrototype } from "./values/foreign.js";
import { isWellFormed } from "./values/wellformed.js";

export type { Metadata } from "./steps.js";

/** What is known of a live entry beside its value. `now` where `begin` has been called. */
export function metaOf(core: Core, prefix: Prefix, key: string, now = core.begin()): Meta | undefined {
  const to = core.exchange.writeKey(prefix, key);
  const answer = core.run(() => core.raw.meta(core.exchange.keyFrom(prefix), to, now));
  return core.check(answer, prefix, key) < 0 ? undefined : new RecordReader(core.exchange.readBytes()).meta();
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
