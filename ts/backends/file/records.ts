/**
 * Records under keys of bytes, with a checksum at the end of each: LMDB has none, and a byte that a disk has changed within a value would read as another value.
 *
 * @module
 */

import type { RangeOptions } from "lmdb";
import { HoldallError } from "../../errors.js";
import { crc32 } from "./disk.js";

/** What stores ask of a database; one of LMDB's is that. */
export interface Records {
  getBinary(key: Uint8Array): Uint8Array | undefined;
  getRange(options: RangeOptions): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
  getKeys(options: RangeOptions): Iterable<Uint8Array>;
  putSync(key: Uint8Array, record: Uint8Array): unknown;
  removeSync(key: Uint8Array): unknown;
}

const checksumBytes = 4;
const decoder = /* @__PURE__ */ new TextDecoder();

/** A record with the CRC-32 of its key and itself behind it, as a little-endian `u32`. */
export function sealed(key: Uint8Array, record: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(record.length + checksumBytes);
  bytes.set(record);
  new DataView(bytes.buffer).setUint32(record.length, crc32(record, crc32(key)), true);
  return bytes;
}

/** The record that was {@link sealed}, as a view; `undefined` where key and record are not as they were written. */
export function unsealed(key: Uint8Array, bytes: Uint8Array): Uint8Array | undefined {
  const length = bytes.length - checksumBytes;
  if (length < 0) return undefined;
  const record = bytes.subarray(0, length);
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(length, true);
  return crc32(record, crc32(key)) === checksum ? record : undefined;
}

/** A database whose records end with checksums. */
export class CheckedRecords implements Records {
  readonly #database: Records;
  readonly #name: string;

  /** @param name - what an error calls it */
  constructor(database: Records, name: string) {
    this.#database = database;
    this.#name = name;
  }

  getBinary(key: Uint8Array): Uint8Array | undefined {
    const bytes = this.#database.getBinary(key);
    return bytes && this.#checked(key, bytes);
  }

  *getRange(options: RangeOptions): Generator<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
    for (const { key, value } of this.#database.getRange(options)) yield { key, value: this.#checked(key, value) };
  }

  getKeys(options: RangeOptions): Iterable<Uint8Array> {
    return this.#database.getKeys(options);
  }

  putSync(key: Uint8Array, record: Uint8Array): unknown {
    return this.#database.putSync(key, sealed(key, record));
  }

  removeSync(key: Uint8Array): unknown {
    return this.#database.removeSync(key);
  }

  #checked(key: Uint8Array, bytes: Uint8Array): Uint8Array {
    const record = unsealed(key, bytes);
    if (record !== undefined) return record;
    const place = JSON.stringify(decoder.decode(key));
    throw new HoldallError("CORRUPTED", `The file data.mdb is damaged in a record of ${this.#name}, at ${place}`);
  }
}
