/**
 * An entry as a backend keeps it, and how it is written down. **A durable format**: backends hold these bytes, and other releases read them.
 *
 * All numbers are little-endian. A text or bytes is a `u32` length and the (UTF-8) bytes; a value is a `u8` encoding (`ts/store/values/encoding.ts`) and bytes.
 * An entry in a part of a loading is its key, a text, and its record:
 *
 * | part of a record | bytes |
 * | --- | --- |
 * | number of the commit that wrote the value or its deadline | `f64` |
 * | time of creation, time of the last change, deadline (infinite: never) | 3 × `f64` |
 * | value | `u8` encoding, bytes |
 * | whether there is metadata | `u8` 0 for none, else 1 and: |
 * | number of the commit that wrote it | `f64` |
 * | tags | `u32` count, texts sorted by code points |
 * | properties | `u32` count, each a name and a value, in the order they were given |
 * | description | `u8` 0 for none, else 1 and a text |
 *
 * @module
 */

import type { Timestamp } from "../store/types/index.js";
import { RecordReader, RecordWriter, type StoredValue } from "./record.js";

/** The metadata cell of an entry. */
export interface StoredMetadata {
  /** The number of the commit that wrote it. */
  readonly number: number;
  /** The tags, sorted by code points, none twice. */
  readonly tags: readonly string[];
  /** The properties, in the order they were given. */
  readonly properties: readonly (readonly [name: string, value: StoredValue])[];
  /** The description; `null` for none. */
  readonly description: string | null;
}

/** An entry without its key. */
export interface StoredEntry {
  /** The number of the commit that wrote the value or its deadline. */
  readonly number: number;
  /** When it was made, by the backend's time. */
  readonly createdAt: Timestamp;
  /** When its value, deadline or metadata last changed. */
  readonly updatedAt: Timestamp;
  /** When it expires; infinite for never. */
  readonly deadline: Timestamp;
  /** Its value. */
  readonly value: StoredValue;
  /** Its metadata, where it has or had some. */
  readonly metadata?: StoredMetadata | undefined;
}

/** The number of the commit that last changed an entry. */
export function versionOf({ number, metadata }: StoredEntry): number {
  return Math.max(number, metadata?.number ?? 0);
}

/** Reads when an entry expires, and nothing else of its record. */
export function deadlineOf(record: Uint8Array): Timestamp {
  return new DataView(record.buffer, record.byteOffset, record.byteLength).getFloat64(24, true);
}

/** Reads the record of an entry. Throws `CORRUPTED` for bytes that are none. */
export function decodeEntry(record: Uint8Array): StoredEntry {
  return readEntry(new RecordReader(record));
}

function readEntry(reader: RecordReader): StoredEntry {
  const number = reader.f64();
  const createdAt = reader.f64();
  const updatedAt = reader.f64();
  const deadline = reader.f64();
  const value = reader.value();
  if (reader.u8() === 0) return { number, createdAt, updatedAt, deadline, value };
  const metadata = {
    number: reader.f64(),
    tags: reader.many(() => reader.text()),
    properties: reader.many(() => [reader.text(), reader.value()] as const),
    description: reader.u8() === 0 ? null : reader.text(),
  };
  return { number, createdAt, updatedAt, deadline, value, metadata };
}

/** Writes the record of an entry. */
export function encodeEntry(entry: StoredEntry): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  writeEntry(writer, entry);
  return writer.finish();
}

function writeEntry(writer: RecordWriter, { number, createdAt, updatedAt, deadline, value, metadata }: StoredEntry): void {
  for (const part of [number, createdAt, updatedAt, deadline]) writer.f64(part);
  writer.value(value);
  writer.u8(metadata === undefined ? 0 : 1);
  if (metadata === undefined) return;
  writer.f64(metadata.number);
  writer.many(metadata.tags, (tag) => writer.text(tag));
  writer.many(metadata.properties, ([name, property]) => {
    writer.text(name);
    writer.value(property);
  });
  writer.u8(metadata.description === null ? 0 : 1);
  if (metadata.description !== null) writer.text(metadata.description);
}

/** Writes a part of a loading from keys and records that are encoded already. */
export function partOf(entries: Iterable<readonly [key: string, record: Uint8Array]>): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  for (const [key, record] of entries) {
    writer.text(key);
    writer.raw(record);
  }
  return writer.finish();
}

/** Reads a part of a loading. Throws `CORRUPTED` for bytes that are none. */
export function decodePart(part: Uint8Array): [key: string, entry: StoredEntry][] {
  const reader = new RecordReader(part);
  const entries: [string, StoredEntry][] = [];
  while (!reader.isAtEnd) entries.push([reader.text(), readEntry(reader)]);
  return entries;
}
