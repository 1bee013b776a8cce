/**
 * How stores lie in an LMDB environment. **A durable format**, number 2: other releases read these keys and records.
 *
 * A folder holds `data.mdb` and `lock.mdb`, which LMDB makes. In the environment, keys are bytes and ordered as such:
 *
 * | database | key | record |
 * | --- | --- | --- |
 * | the root | `holdall` | `u32` magic `0x4c444c48`, `u32` layout: 2 |
 * | `stores` | `u8` 1, the store's name | `u32` slot, header |
 * | `heads` | slot | head |
 * | `entries` | slot, full key | record of the entry |
 * | `log` | slot, `u64` number | logged commit |
 * | `replicas` | slot, the replica's id | replica |
 *
 * Within keys, a slot is a big-endian `u32` and the number a big-endian `u64`, so that what belongs together lies together, in order; texts are UTF-8.
 * Within records all is little-endian. `../local/records.ts` and `../entries.ts` describe header, head, logged commit, replica and entry.
 *
 * Each record, the root's too, ends with a `u32`: the CRC-32 of its key and of all before it. Layout 1 had no checksums; a folder that was made so stays so, and is read
 * and written as it is.
 *
 * A store keeps its slot for ever, and no other has it when the store was removed: the head of the last slot that was taken stays then, with the number -1, until the
 * next is taken. The root holds the names of the databases too, as LMDB has it.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../../errors.js";
import type { Header } from "../backend.js";
import { decodeHeader, encodeHeader, type HeadRecord } from "../local/records.js";
import { RecordReader, RecordWriter } from "../record.js";
import { sealed, unsealed } from "./records.js";

/** The databases beside the root. */
export const databaseNames = ["stores", "heads", "entries", "log", "replicas"] as const;

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

const magic = 0x4c444c48;
/** The layout of folders that are made now. */
const latest = 2;
/** The layout before there were checksums. */
export const unchecked = 1;

/** Magic and layout. */
const markBytes = 8;

/** The longest key that LMDB takes by its default, of which a slot is a part. */
const longestKey = 1_978;

/** Where the mark lies. */
export const markKey: Uint8Array = /* @__PURE__ */ encoder.encode("holdall");

/** What marks an environment as Holdall's. */
export function encodeMark(): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  writer.u32(magic);
  writer.u32(latest);
  return sealed(markKey, writer.finish());
}

/** The layout of an environment by its mark. Refuses what is not Holdall's, or of a later layout. */
export function layoutOf(mark: Uint8Array): number {
  const reader = new RecordReader(mark);
  const isOurs = reader.u32() === magic;
  const layout = reader.u32();
  if (isOurs && layout > latest)
    throw new HoldallError("FORMAT_TOO_NEW", "The folder was written by a later version of Holdall: use that, or a later one");
  const isWhole = layout === unchecked ? mark.length === markBytes : layout === latest && unsealed(markKey, mark) !== undefined;
  if (!isOurs || !isWhole) throw new HoldallError("CORRUPTED", "The mark of the folder is damaged, or was not written by Holdall");
  return layout;
}

/** Where a store's header lies. */
export function storeKey(name: string): Uint8Array {
  return withPrefix(Uint8Array.of(1), name);
}

/** A slot as it begins keys. */
export function slotKey(slot: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, slot);
  return key;
}

/** The slot that a key begins with. */
export function slotIn(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset).getUint32(0);
}

/** What lies in the last slot that was taken when its store was removed. */
export const removedHead: HeadRecord = { number: -1, time: 0, entries: 0, bytes: 0, earliest: 0, logFirst: 0, logBytes: 0 };

/** Where something lies that has a name within a store. */
export function namedKey(slot: Uint8Array, name: string): Uint8Array {
  return withPrefix(slot, name);
}

/** The same for many names, as views of one buffer. */
export function namedKeys(slot: Uint8Array, names: readonly string[]): Uint8Array[] {
  const bytes = new Uint8Array(names.reduce((room, name) => room + slot.length + name.length * 3, 0));
  let end = 0;
  return names.map((name) => {
    const start = end;
    end = writeKey(slot, name, bytes, start);
    return bytes.subarray(start, end);
  });
}

/** The name at the end of such a key. */
export function nameIn(key: Uint8Array): string {
  return decoder.decode(key.subarray(4));
}

/** Where a commit of the log lies. */
export function logKey(slot: Uint8Array, number: number): Uint8Array {
  const key = new Uint8Array(12);
  key.set(slot);
  new DataView(key.buffer).setBigUint64(4, BigInt(number));
  return key;
}

/** The number at the end of such a key. */
export function numberIn(key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(4));
}

/** What comes right after all keys that begin with some bytes. */
export function endOf(prefix: Uint8Array): Uint8Array {
  const end = Uint8Array.from(prefix);
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = end[at] ?? 0;
    end[at] = byte + 1;
    if (byte < 0xff) return end.subarray(0, at + 1);
  }
  return end;
}

/** Writes the record of a store. */
export function encodeStore(slot: Uint8Array, header: Header): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter();
  writer.u32(new DataView(slot.buffer, slot.byteOffset).getUint32(0));
  writer.raw(encodeHeader(header));
  return writer.finish();
}

/** Reads the record of a store. */
export function decodeStore(record: Uint8Array): { readonly slot: Uint8Array; readonly header: Header } {
  const reader = new RecordReader(record);
  return { slot: slotKey(reader.u32()), header: decodeHeader(reader.rest()) };
}

function withPrefix(prefix: Uint8Array, text: string): Uint8Array {
  const key = new Uint8Array(prefix.length + text.length * 3);
  return key.subarray(0, writeKey(prefix, text, key, 0));
}

/** Writes a key at a place, and returns its end. */
function writeKey(prefix: Uint8Array, text: string, into: Uint8Array, at: number): number {
  into.set(prefix, at);
  const { written } = encoder.encodeInto(text, into.subarray(at + prefix.length));
  if (prefix.length + written > longestKey) {
    throw new HoldallTypeError(`The file backend takes keys and names of up to ${longestKey - 4} bytes, not ${written}`);
  }
  return at + prefix.length + written;
}
