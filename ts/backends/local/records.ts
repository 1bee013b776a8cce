/**
 * The records that a local backend keeps beside entries, and how they are written down. **A durable format**: other releases read these bytes.
 *
 * All numbers are little-endian `f64`, texts are a `u32` length and UTF-8.
 *
 * | record | bytes |
 * | --- | --- |
 * | header | `u32` magic `0x4c444c48` (`HLDL`), read format, write format, `maxEntries`, `maxBytes` (each infinite for none), id: a text |
 * | head | number, time, count of entries, bytes of entries, earliest deadline, first number in the log, bytes of the log |
 * | replica | counter, number, after, time, `u8` whether the commit changed anything |
 * | logged commit | time, counter, replica: a text, empty where the backend made room by what had expired, operations up to the end |
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Timestamp } from "../../store/types/index.js";
import type { Header, LoggedCommit } from "../backend.js";
import { RecordReader, RecordWriter } from "../record.js";

/** How far a store is. */
export interface HeadRecord {
  /** The number of its last commit; 0 in a new store. */
  readonly number: number;
  /** The backend's time at its last commit, before which no later one is. */
  readonly time: Timestamp;
  /** How many entries it holds, those that have expired and are not removed yet included. */
  readonly entries: number;
  /** What they count against `maxBytes`. */
  readonly bytes: number;
  /** No entry expires before this; infinite where none does. A lower bound. */
  readonly earliest: Timestamp;
  /** The number of the first commit in the log; that of the next commit when the log is empty. */
  readonly logFirst: number;
  /** The bytes of operations in the log. */
  readonly logBytes: number;
}

/** What is known of a replica: its last commit, and what was answered. */
export interface ReplicaRecord {
  /** The counter of its last commit; 0 before the first. */
  readonly counter: number;
  /** The number that was answered. */
  readonly number: number;
  /** The number of the commit before it. */
  readonly after: number;
  /** The backend's time at the commit. */
  readonly time: Timestamp;
  /** Whether it changed anything. */
  readonly changed: boolean;
}

const magic = 0x4c444c48;

/** Writes a header. */
export function encodeHeader({ id, readFormat, writeFormat, limits }: Header): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  writer.u32(magic);
  for (const number of [readFormat, writeFormat, limits.maxEntries ?? Infinity, limits.maxBytes ?? Infinity]) writer.f64(number);
  writer.text(id);
  return writer.finish();
}

/** Reads a header. Throws `CORRUPTED` for bytes that are none. */
export function decodeHeader(record: Uint8Array): Header {
  const reader = new RecordReader(record);
  if (reader.u32() !== magic) throw new HoldallError("CORRUPTED", "The header of a store is damaged, or was not written by Holdall");
  const [readFormat, writeFormat, maxEntries, maxBytes] = [reader.f64(), reader.f64(), reader.f64(), reader.f64()];
  const limits = { ...(maxEntries < Infinity && { maxEntries }), ...(maxBytes < Infinity && { maxBytes }) };
  return { id: reader.text(), readFormat, writeFormat, limits };
}

/** Writes a head. */
export function encodeHead({ number, time, entries, bytes, earliest, logFirst, logBytes }: HeadRecord): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  for (const part of [number, time, entries, bytes, earliest, logFirst, logBytes]) writer.f64(part);
  return writer.finish();
}

/** Reads a head. Throws `CORRUPTED` for bytes that are none. */
export function decodeHead(record: Uint8Array): HeadRecord {
  const reader = new RecordReader(record);
  return {
    number: reader.f64(),
    time: reader.f64(),
    entries: reader.f64(),
    bytes: reader.f64(),
    earliest: reader.f64(),
    logFirst: reader.f64(),
    logBytes: reader.f64(),
  };
}

/** Writes what is known of a replica. */
export function encodeReplica({ counter, number, after, time, changed }: ReplicaRecord): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  for (const part of [counter, number, after, time]) writer.f64(part);
  writer.u8(changed ? 1 : 0);
  return writer.finish();
}

/** Reads what is known of a replica. Throws `CORRUPTED` for bytes that are none. */
export function decodeReplica(record: Uint8Array): ReplicaRecord {
  const reader = new RecordReader(record);
  return { counter: reader.f64(), number: reader.f64(), after: reader.f64(), time: reader.f64(), changed: reader.u8() === 1 };
}

/** Writes a commit of the log, which is kept under its number. */
export function encodeLogged({ time, counter, replica, operations }: LoggedCommit): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  writer.f64(time);
  writer.f64(counter);
  writer.text(replica);
  writer.raw(operations);
  return writer.finish();
}

/** Reads a commit of the log; its operations are a view. Throws `CORRUPTED` for bytes that are none. */
export function decodeLogged(number: number, record: Uint8Array): LoggedCommit {
  const reader = new RecordReader(record);
  return { number, time: reader.f64(), counter: reader.f64(), replica: reader.text(), operations: reader.rest() };
}
