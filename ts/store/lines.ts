/**
 * The contents of a view as JSON lines, for people and for other programs. **A durable format**, which the crate reads and writes too.
 *
 * Each entry is one line, in the order of keys: a JSON object, and behind it a line feed. Its fields stand in this order, and are absent where
 * there is nothing to say:
 *
 * | field | what |
 * | --- | --- |
 * | `key` | a string, relative to the scope |
 * | `value` | the value as JSON |
 * | `tagged` | `true`: value and properties are tagged JSON (see `values/encoding.ts`), since one of them holds a `Date`, bigint or bytes |
 * | `deadline` | when it expires, in milliseconds since 1970-01-01T00:00Z |
 * | `tags` | a list of strings, in code-point order |
 * | `properties` | an object of JSON values |
 * | `description` | a string |
 *
 * @module
 */

import { HoldallError, HoldallRangeError, HoldallTypeError } from "../errors.js";
import { checkIterable, checkString, lastDeadline, ttlNever, typeOf } from "./arguments.js";
import { scratchCore, stillCore } from "./copies.js";
import type { Core } from "./core.js";
import { maxKeyBytes, type Prefix, wholeStore } from "./exchange.js";
import { merge } from "./merging.js";
import { checkText, type Metadata, metadataOf } from "./metadata.js";
import { stage } from "./staging.js";
import type { MergeOptions, MergeResult, MergeStrategy, Meta, SetOptions, Timestamp, Value } from "./types/index.js";
import { toBase64 } from "./values/base64.js";
import { decodeText } from "./values/decode.js";
import { encodeValue } from "./values/encode.js";
import { type Encoded, encodings, tags as signs, tilde } from "./values/encoding.js";
import { untag } from "./values/untag.js";
import { StoreView } from "./view.js";

const fields: readonly string[] = ["key", "value", "tagged", "deadline", "tags", "properties", "description"];

/** An entry that was read from a line. */
interface Line {
  readonly key: string;
  readonly encoded: Encoded;
  readonly deadline: Timestamp;
  readonly metadata: Metadata | undefined;
}

/** The lines of what a core holds under a prefix, as it is now. */
export function exportLines(core: Core, prefix: Prefix): IterableIterator<string> {
  const lines = write(stillCore(core, prefix));
  // A generator that was never begun would not free the copy when it is left.
  lines.next();
  return lines;
}

function* write(core: Core): Generator<string, undefined> {
  try {
    yield "";
    const view = new StoreView(core, wholeStore);
    for (const [key, value] of view.entries()) yield lineOf(key, value, view.meta(key) as Meta);
  } finally {
    core.dispose();
  }
}

function lineOf(key: string, value: Value, { deadline, tags, properties, description }: Meta): string {
  const isTagged = [value, ...Object.values(properties)].some((part) => encodeValue(part).encoding > encodings.object);
  const json = (part: unknown) => JSON.stringify(part, isTagged ? tag : undefined);
  let line = `{"key":${JSON.stringify(key)},"value":${json(value)}`;
  if (isTagged) line += ',"tagged":true';
  if (deadline !== null) line += `,"deadline":${deadline}`;
  if (tags.length > 0) line += `,"tags":${JSON.stringify(tags)}`;
  if (Object.keys(properties).length > 0) line += `,"properties":${json(properties)}`;
  if (description !== null) line += `,"description":${JSON.stringify(description)}`;
  return `${line}}\n`;
}

/** Writes what JSON does not know as tagged strings. Called by `JSON.stringify`, which has turned dates to text before it passes them on. */
function tag(this: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = this[name];
  if (typeof value === "string") return value.charCodeAt(0) === tilde ? `~${value}` : value;
  if (typeof value === "bigint") return `~${signs.bigint}${value}`;
  if (value instanceof Date) return `~${signs.date}${value.getTime()}`;
  return value instanceof Uint8Array ? `~${signs.bytes}${toBase64(value)}` : value;
}

/** Merges lines into what a core holds under a prefix. */
export function importLines(core: Core, prefix: Prefix, lines: string | Iterable<string>, how: MergeStrategy | MergeOptions): MergeResult {
  core.begin();
  const entries = readAll(core, prefix, lines);
  const source = scratchCore(core);
  try {
    source.change(wholeStore, (now) => {
      for (const { key, encoded, deadline, metadata } of entries) {
        if (now >= deadline) continue;
        const ttl = deadline === Number.POSITIVE_INFINITY ? ttlNever : deadline - now;
        stage(source, wholeStore, { type: "set", key, encoded, ttl, metadata });
      }
      return source.run(() => source.raw.commit(now));
    });
    return merge(core, prefix, new StoreView(source, wholeStore), how);
  } finally {
    source.dispose();
  }
}

function readAll(core: Core, prefix: Prefix, lines: string | Iterable<string>): Line[] {
  if (typeof lines !== "string") checkIterable("lines", lines);
  const entries = new Map<string, Line>();
  let number = 0;
  let firstBlank = 0;
  for (const text of split(lines)) {
    number += 1;
    if (text.trim() === "") {
      firstBlank ||= number;
      continue;
    }
    if (firstBlank > 0) throw refusal(prefix, firstBlank, "it is empty, and lines follow");
    try {
      const line = read(core, prefix, text);
      if (entries.has(line.key)) throw new HoldallTypeError("an earlier line has the same key");
      entries.set(line.key, line);
    } catch (error) {
      throw refusal(prefix, number, (error as Error).message, error);
    }
  }
  return [...entries.values()];
}

function refusal({ text }: Prefix, line: number, why: string, cause?: unknown): HoldallError {
  return new HoldallError("INVALID_LINES", `Line ${line} cannot be imported: ${why}`, { scope: text.slice(0, -1), cause });
}

/** The lines in a text that comes in pieces, without their ends. */
function* split(pieces: string | Iterable<string>): Generator<string, undefined> {
  let rest = "";
  for (const piece of typeof pieces === "string" ? [pieces] : pieces) {
    checkString("each of lines", piece);
    rest += piece;
    // Looked for in the piece alone, or a long line of many pieces would be looked through once for each.
    if (!piece.includes("\n")) continue;
    const whole = rest.split("\n");
    rest = whole.pop() as string;
    yield* whole;
  }
  if (rest !== "") yield rest;
}

/** Reads and checks one line. What it throws never quotes the line. */
function read({ exchange }: Core, prefix: Prefix, text: string): Line {
  const { key, value, tagged = false, deadline = Number.POSITIVE_INFINITY, tags, properties, description } = parse(text);
  if (value === undefined) throw new HoldallTypeError("it has no value");
  if (typeof tagged !== "boolean") throw new HoldallTypeError(`tagged must be a boolean, not ${typeOf(tagged)}`);
  if (exchange.writeKey(prefix, key as string) - exchange.keyFrom(prefix) > maxKeyBytes) {
    throw new HoldallRangeError(`the key is longer than ${maxKeyBytes} bytes with its scope`);
  }
  if (deadline !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(deadline) && (deadline as number) <= lastDeadline)) {
    throw new HoldallRangeError("deadline must be a whole number of milliseconds before the year 275760");
  }
  if (description !== undefined) checkText("description", description);
  const holder = [value];
  if (tagged) {
    // The holder and the properties are no level of their own.
    untag(holder, -1);
    if (typeof properties === "object" && properties !== null) untag(properties, -1);
  }
  const metadata = metadataOf({ tags, properties, description } as SetOptions);
  return { key: key as string, encoded: encodeValue(holder[0]), deadline: deadline as number, metadata };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let line: Value;
  try {
    line = decodeText(encodings.object, text, "mutable");
  } catch {
    throw new HoldallTypeError("it is not a JSON object that a line feed ends");
  }
  for (const name of Object.keys(line as object)) {
    if (!fields.includes(name)) throw new HoldallTypeError("it has a field that is not known");
  }
  return line as Readonly<Record<string, unknown>>;
}
