/**
 * What a commit does, and how it is written down. **A durable format**: logs of backends hold these bytes, and other releases read them.
 *
 * All numbers are little-endian. A text or bytes is a `u32` length and the (UTF-8) bytes; a value is a `u8` encoding (`ts/store/values/encoding.ts`) and bytes.
 *
 * | operation | bytes |
 * | --- | --- |
 * | put | `u8` 0, key, value, `f64` ttl, patch |
 * | delete | `u8` 1, key |
 * | clear | `u8` 2, prefix |
 * | touch | `u8` 3, key, `f64` ttl |
 * | annotate | `u8` 4, key, patch |
 * | expire | `u8` 5, key, `f64` version |
 *
 * A ttl is a span in milliseconds; 0 for never; -2 for the deadline that the entry has; less than -2 for the absolute deadline without the minus.
 * A patch is a `u8` of bits and, for each bit that is set, in this order: 1 tags (`u32` count, texts), 2 properties (`u32` count, each a name and a value),
 * 4 description (`u8` 0 for none, else 1 and a text), 8 a tag to add, 16 a tag to remove, 32 a property to set (name, value), 64 a property to
 * remove (name).
 *
 * @module
 */

import type { Milliseconds, Timestamp } from "../store/types/index.js";
import { RecordReader, RecordWriter, type StoredValue } from "./record.js";

/** What a write does to the deadline of its entry: a span from the commit on, `null` for never, `"keep"` what it has, or an absolute deadline. */
export type OperationTtl =
  | Milliseconds
  | null
  | "keep"
  | {
      /** When the entry expires, by the backend's time. */
      readonly deadline: Timestamp;
    };

/** A change of metadata. What is not given stays as it is. */
export interface MetadataPatch {
  /** The tags from now on, sorted by code points, none twice. */
  readonly tags?: readonly string[] | undefined;
  /** The properties from now on, by name. */
  readonly properties?: readonly (readonly [name: string, value: StoredValue])[] | undefined;
  /** The description from now on; `null` removes it. */
  readonly description?: string | null | undefined;
  /** A tag to add, after what replaces all. */
  readonly addTag?: string | undefined;
  /** A tag to remove. */
  readonly removeTag?: string | undefined;
  /** A property to set beside the others. */
  readonly setProperty?: readonly [name: string, value: StoredValue] | undefined;
  /** A property to remove. */
  readonly removeProperty?: string | undefined;
}

/**
 * What a commit does to entries. An entry whose deadline has come at the backend's time of the commit counts as missing, and its metadata with it.
 *
 * - `put` sets the value, its deadline and the patched metadata; metadata that the entry has is kept. One that makes the entry expired at once deletes it.
 * - `delete` and `clear` (all keys with a prefix) remove value and metadata; nothing where it is missing.
 * - `touch` sets the deadline, `annotate` changes the metadata; nothing where the entry is missing. A patch that changes nothing is no change.
 * - `expire` removes an entry that has this version if its deadline has come; else it does nothing.
 *
 * An entry that was missing is created at the commit's time; whatever changes it sets the time of its last change. Put and touch give the value cell the
 * commit's number, a patch that changes something the metadata cell; the version of an entry is the greater of both.
 */
export type Operation =
  | {
      /** Sets a value. */
      readonly type: "put";
      /** The full key. */
      readonly key: string;
      /** Its value. */
      readonly value: StoredValue;
      /** What becomes of its deadline. */
      readonly ttl: OperationTtl;
      /** What changes of its metadata; the rest is kept. */
      readonly metadata?: MetadataPatch | undefined;
    }
  | {
      /** Removes an entry. */
      readonly type: "delete";
      /** The full key. */
      readonly key: string;
    }
  | {
      /** Removes all entries with a prefix. */
      readonly type: "clear";
      /** What their keys begin with; empty for all. */
      readonly prefix: string;
    }
  | {
      /** Sets a deadline. */
      readonly type: "touch";
      /** The full key. */
      readonly key: string;
      /** What becomes of its deadline. */
      readonly ttl: OperationTtl;
    }
  | {
      /** Changes metadata. */
      readonly type: "annotate";
      /** The full key. */
      readonly key: string;
      /** What changes. */
      readonly metadata: MetadataPatch;
    }
  | {
      /** Removes what has expired. */
      readonly type: "expire";
      /** The full key. */
      readonly key: string;
      /** The version that it must have. */
      readonly version: number;
    };

const types = ["put", "delete", "clear", "touch", "annotate", "expire"] as const;
const never = 0;
const keep = -2;

/** Reads operations, as many as there are. Throws `CORRUPTED` for bytes that are none. */
export function decodeOperations(bytes: Uint8Array): Operation[] {
  const reader = new RecordReader(bytes);
  const operations: Operation[] = [];
  while (!reader.isAtEnd) operations.push(readOperation(reader));
  return operations;
}

/** Writes operations. */
export function encodeOperations(operations: Iterable<Operation>): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  for (const operation of operations) writeOperation(writer, operation);
  return writer.finish();
}

function readOperation(reader: RecordReader): Operation {
  const type = types[reader.u8()];
  const key = reader.text();
  switch (type) {
    case "put": {
      const value = reader.value();
      const ttl = readTtl(reader);
      const metadata = readPatch(reader);
      return metadata === undefined ? { type, key, value, ttl } : { type, key, value, ttl, metadata };
    }
    case "delete":
      return { type, key };
    case "clear":
      return { type, prefix: key };
    case "touch":
      return { type, key, ttl: readTtl(reader) };
    case "annotate":
      return { type, key, metadata: readPatch(reader) ?? {} };
    case "expire":
      return { type, key, version: reader.f64() };
    default:
      throw reader.damaged();
  }
}

function writeOperation(writer: RecordWriter, operation: Operation): void {
  writer.u8(types.indexOf(operation.type));
  writer.text(operation.type === "clear" ? operation.prefix : operation.key);
  switch (operation.type) {
    case "put":
      writer.value(operation.value);
      writer.f64(ttlNumber(operation.ttl));
      writePatch(writer, operation.metadata);
      return;
    case "touch":
      writer.f64(ttlNumber(operation.ttl));
      return;
    case "annotate":
      writePatch(writer, operation.metadata);
      return;
    case "expire":
      writer.f64(operation.version);
  }
}

function readTtl(reader: RecordReader): OperationTtl {
  const number = reader.f64();
  if (number < keep) return { deadline: -number };
  return number === keep ? "keep" : number === never ? null : number;
}

function ttlNumber(ttl: OperationTtl): number {
  if (typeof ttl === "object") return ttl === null ? never : -ttl.deadline;
  return ttl === "keep" ? keep : ttl;
}

function readPatch(reader: RecordReader): MetadataPatch | undefined {
  const bits = reader.u8();
  if (bits === 0) return undefined;
  const has = (bit: number) => (bits & bit) !== 0;
  return {
    ...(has(1) && { tags: reader.many(() => reader.text()) }),
    ...(has(2) && { properties: reader.many(() => [reader.text(), reader.value()] as const) }),
    ...(has(4) && { description: reader.u8() === 0 ? null : reader.text() }),
    ...(has(8) && { addTag: reader.text() }),
    ...(has(16) && { removeTag: reader.text() }),
    ...(has(32) && { setProperty: [reader.text(), reader.value()] as const }),
    ...(has(64) && { removeProperty: reader.text() }),
  };
}

function writePatch(writer: RecordWriter, patch: MetadataPatch = {}): void {
  const { tags, properties, description, addTag, removeTag, setProperty, removeProperty } = patch;
  const given = [tags, properties, description, addTag, removeTag, setProperty, removeProperty];
  writer.u8(given.reduce((bits, part, index) => bits + (part === undefined ? 0 : 2 ** index), 0));
  if (tags !== undefined) writer.many(tags, (tag) => writer.text(tag));
  if (properties !== undefined) writer.many(properties, (property) => writeProperty(writer, property));
  if (description !== undefined) {
    writer.u8(description === null ? 0 : 1);
    if (description !== null) writer.text(description);
  }
  if (addTag !== undefined) writer.text(addTag);
  if (removeTag !== undefined) writer.text(removeTag);
  if (setProperty !== undefined) writeProperty(writer, setProperty);
  if (removeProperty !== undefined) writer.text(removeProperty);
}

function writeProperty(writer: RecordWriter, [name, value]: readonly [string, StoredValue]): void {
  writer.text(name);
  writer.value(value);
}
