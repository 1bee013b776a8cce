/**
 * The exchange area in the engine's memory: writes keys and values where the engine reads them, and reads what it answers.
 *
 * The engine's memory grows, which detaches all views on it; this is the one place that makes them anew. What it hands out is a copy, but
 * for `answered`, which is a view for at once.
 *
 * @module
 */

import type { Engine } from "../engine.js";
import { type ErrorDetails, HoldallError } from "../errors.js";
import type { Value } from "./types/index.js";
import { charCodeAt } from "./values/code-units.js";
import { decodeBytes, decodeText } from "./values/decode.js";
import { type Encoded, encodings } from "./values/encoding.js";
import { isWellFormed } from "./values/wellformed.js";

/** The longest key in UTF-8 bytes, prefix of its scope included. */
export const maxKeyBytes = 1024;

/** Texts up to this length are written by a loop, which beats a call to the encoder. */
const shortText = 20;

/** Room for values beyond so many bytes is given back where they are known to be rare. */
const largeValue = 2 ** 20;

/** Places of the result block. */
const pointer = 0;
const length = 1;
const encoding = 2;
const deadline = 3;

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes a short text of ASCII by a loop; -1 when it is none. */
function writeAscii(text: string, bytes: Uint8Array): number {
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const code = charCodeAt.call(text, at);
    if (code > 127) return -1;
    bytes[at] = code;
  }
  return length;
}

/** A part of a record: a number of 32 bits, or text or bytes behind their length. */
export type RecordPart = number | Encoded["content"];

/** The prefix of a scope, as text and as bytes. */
export interface Prefix {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The prefix that a text is. */
export function prefixOf(text: string): Prefix {
  return { text, bytes: encoder.encode(text) };
}

/** What an error says of a key of a scope. */
export function detailsOf(prefix: Prefix, key: string | undefined): ErrorDetails {
  return { key, scope: prefix.text.slice(0, -1) };
}

/** The prefix of the whole store. */
export const wholeStore = /* @__PURE__ */ prefixOf("");

/** One engine's exchange area. */
export class Exchange {
  readonly #engine: Engine;
  /** Where keys begin, behind room for the longest prefix. */
  readonly #keyStart: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #words = new Uint32Array(0);
  #keys = new Uint8Array(0);
  #values = new Uint8Array(0);
  #result = new Float64Array(0);
  /** The prefix that stands before the key area's keys. */
  #prefix: Prefix | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#keyStart = engine.keyArea() + maxKeyBytes;
  }

  /**
   * Writes a key behind its scope's prefix; returns where it ends. It begins where `keyFrom` says.
   *
   * @param name - what the caller gave it as, where that is no key
   * @throws `INVALID_KEY` for what is no key.
   */
  writeKey(prefix: Prefix, key: string, name = "The key"): number {
    if (typeof key !== "string") throw new HoldallError("INVALID_KEY", `A key must be a string, not ${key === null ? "null" : typeof key}`);
    if (this.#bytes.length === 0) this.#renew();
    if (this.#prefix !== prefix) this.#writePrefix(prefix);
    const written = key.length <= shortText ? writeAscii(key, this.#keys) : -1;
    return maxKeyBytes + (written >= 0 ? written : this.#encodeKey(prefix, key, name));
  }

  /** Where keys with this prefix begin. */
  keyFrom(prefix: Prefix): number {
    return maxKeyBytes - prefix.bytes.length;
  }

  /**
   * Writes a value; returns how many bytes it takes.
   *
   * @throws `OUT_OF_MEMORY` when there is no room for it.
   */
  writeValue(content: Encoded["content"]): number {
    return typeof content === "string" ? this.#encodeValue(content) : this.#writeBytes(content);
  }

  /** Writes a text as it is; how many bytes it takes, or -1 when it is not well formed and has to be escaped. */
  writeText(text: string): number {
    if (text.length <= shortText) {
      if (this.#bytes.length === 0) this.#renew();
      const length = writeAscii(text, this.#values);
      if (length >= 0) return length;
    }
    return isWellFormed(text) ? this.#encodeValue(text) : -1;
  }

  /** Writes numbers of 32 bits as a value. */
  writeRows(rows: Uint32Array): void {
    this.#writeBytes(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  }

  /** Writes a record as a value; returns how many bytes it takes. `src/wasm/questions.rs` reads them. */
  writeRecord(parts: readonly RecordPart[]): number {
    this.#makeRoom(parts.reduce<number>((room, part) => room + 4 + (typeof part === "number" ? 0 : part.length * 3), 0));
    let at = 0;
    for (const part of parts) {
      let number = part as number;
      let end = at + 4;
      if (typeof part !== "number") {
        const rest = this.#values.subarray(end);
        if (typeof part === "string") number = encoder.encodeInto(part, rest).written;
        else {
          rest.set(part);
          number = part.length;
        }
        end += number;
      }
      for (let shift = 0; shift < 32; shift += 8) this.#values[at++] = number >>> shift;
      at = end;
    }
    return at;
  }

  /** Gives back what a large value took. */
  giveBack(): void {
    if (this.#values.length <= largeValue) return;
    this.#engine.shrinkValueArea();
    this.#renew();
  }

  /** The encoding of the value that was found. */
  get encoding(): number {
    return this.#answers()[encoding] as number;
  }

  /** The deadline of the value that was found. */
  get deadline(): number {
    return this.#answers()[deadline] as number;
  }

  /** The length in bytes of what was found. */
  get length(): number {
    return this.#answers()[length] as number;
  }

  /** The value that was found, decoded. */
  readValue(access: "frozen" | "mutable"): Value {
    const bytes = this.answered();
    const how = this.encoding;
    return how === encodings.string ? decodeText(how, decoder.decode(bytes), access) : decodeBytes(how, bytes, access);
  }

  /** One of the rows that were answered; `length` is how many. */
  readRow(index: number): number {
    const start = this.#answers()[pointer] as number;
    return this.#words[start / 4 + index] as number;
  }

  /** The bytes that were answered, where they stand: to be read before the next call. */
  answered(): Uint8Array<ArrayBuffer> {
    const result = this.#answers();
    const start = result[pointer] as number;
    return this.#bytes.subarray(start, start + (result[length] as number));
  }

  /** A copy of the bytes that were answered. */
  readBytes(): Uint8Array<ArrayBuffer> {
    return this.answered().slice();
  }

  /** What a call answered that answers four numbers. */
  readNumbers(): [number, number, number, number] {
    return [...this.#answers()] as [number, number, number, number];
  }

  #answers(): Float64Array {
    if (this.#bytes.length === 0) this.#renew();
    return this.#result;
  }

  #encodeKey(prefix: Prefix, key: string, name: string): number {
    const { read, written } = key.length <= maxKeyBytes ? encoder.encodeInto(key, this.#keys) : { read: 0, written: key.length };
    if (written > maxKeyBytes || read < key.length) {
      throw new HoldallError("INVALID_KEY", `${name} is longer than ${maxKeyBytes} bytes`, detailsOf(prefix, key));
    }
    if (!isWellFormed(key)) throw new HoldallError("INVALID_KEY", `${name} holds a lone surrogate`, detailsOf(prefix, key));
    return written;
  }

  #encodeValue(text: string): number {
    this.#makeRoom(text.length * 3);
    return encoder.encodeInto(text, this.#values).written;
  }

  #writeBytes(bytes: Uint8Array): number {
    this.#makeRoom(bytes.length);
    this.#values.set(bytes);
    return bytes.length;
  }

  #makeRoom(room: number): void {
    if (this.#bytes.length === 0) this.#renew();
    if (room <= this.#values.length) return;
    if (this.#engine.valueArea(room) === 0) throw new HoldallError("OUT_OF_MEMORY", `There is no memory for a value of ${room} bytes`);
    this.#renew();
  }

  #writePrefix(prefix: Prefix): void {
    this.#bytes.set(prefix.bytes, this.#keyStart - prefix.bytes.length);
    this.#prefix = prefix;
  }

  #renew(): void {
    const { memory, resultBlock, valueArea, valueRoom, keyArea, keyRoom } = this.#engine;
    const values = valueArea(0);
    const { buffer } = memory;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#keys = new Uint8Array(buffer, this.#keyStart, keyArea() + keyRoom() - this.#keyStart);
    this.#values = new Uint8Array(buffer, values, valueRoom());
    this.#result = new Float64Array(buffer, resultBlock(), 4);
  }
}
