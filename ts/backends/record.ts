/**
 * Records of little-endian numbers, texts and bytes, as the formats of backends are made of.
 *
 * @module
 */

import { HoldallError } from "../errors.js";

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** A value as the engine stores it: its bytes, and the number of the encoding that they are to be read by. */
export interface StoredValue {
  /** How the bytes are read: 0 is a string in UTF-8, 1 one with lone surrogates, as JSON. The others a backend hands back as they came (`ts/store/values/encoding.ts`). */
  readonly encoding: number;
  /** The encoded value. */
  readonly bytes: Uint8Array;
}

/** Reads a record from its beginning; throws `CORRUPTED` where it ends too early. */
export class RecordReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether all has been read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A number of 8 bits. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** A number of 32 bits. */
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A float. */
  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** Bytes behind their length, as a view. */
  bytes(): Uint8Array {
    const length = this.u32();
    const from = this.#advance(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** Bytes up to the end, as a view. */
  rest(): Uint8Array {
    const from = this.#advance(this.#bytes.length - this.#at);
    return this.#bytes.subarray(from);
  }

  /** A text. */
  text(): string {
    const bytes = this.bytes();
    try {
      return decoder.decode(bytes);
    } catch {
      throw this.damaged();
    }
  }

  /** A value, whose bytes are a view. */
  value(): StoredValue {
    return { encoding: this.u8(), bytes: this.bytes() };
  }

  /** As many as a count before them says. */
  many<T>(read: () => T): T[] {
    const list: T[] = [];
    for (let left = this.u32(); left > 0; left--) list.push(read());
    return list;
  }

  /** What is thrown where the record is none. */
  damaged(): HoldallError {
    return new HoldallError("CORRUPTED", "A record of the backend is damaged, or was not written by Holdall");
  }

  #advance(length: number): number {
    const from = this.#at;
    if (length > this.#bytes.length - from) throw this.damaged();
    this.#at = from + length;
    return from;
  }
}

/** Writes a record. */
export class RecordWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** How many bytes are written. */
  get length(): number {
    return this.#length;
  }

  /** A number of 8 bits. */
  u8(number: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = number;
  }

  /** A number of 32 bits. */
  u32(number: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, number, true);
  }

  /** A float. */
  f64(number: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, number, true);
  }

  /** Bytes behind their length. */
  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** A text. */
  text(text: string): void {
    const at = this.#grow(4 + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(at + 4));
    this.#view.setUint32(at, written, true);
    this.#length = at + 4 + written;
  }

  /** A value. */
  value({ encoding, bytes }: StoredValue): void {
    this.u8(encoding);
    this.bytes(bytes);
  }

  /** A count, and what `write` writes for each. */
  many<T>(list: readonly T[], write: (item: T) => void): void {
    this.u32(list.length);
    for (const item of list) write(item);
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(room: number): number {
    const at = this.#length;
    this.#length = at + room;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
