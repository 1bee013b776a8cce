/**
 * Reads the records that the engine writes; their layout is described in `src/wasm/records.rs`.
 *
 * @module
 */

import type { ChangeType, Meta, Origin, Value } from "./types/index.js";
import { decodeBytes } from "./values/decode.js";

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });
const noValue = 255;
const changeTypes: readonly ChangeType[] = ["set", "delete", "expire", "evict", "meta"];
const origins: readonly Origin[] = ["local", "remote", "load", "rollback"];
/** Numbers from here on are of commits that wait for the backend, which has not given them one. */
const pending = 2 ** 52;

/** A change as the engine tells it, with the full key. */
export interface RawChange {
  readonly type: ChangeType;
  readonly key: string;
  readonly value: Value | undefined;
  readonly previous: Value | undefined;
  /** Tags of the entry before and after. */
  readonly tags: readonly string[];
}

/** A commit as the engine tells it. Its changes are read when somebody wants them, by {@link changesIn}. */
export interface RawCommit {
  /** Its number; 0 while it waits for the backend to give it one. */
  readonly version: number;
  readonly origin: Origin;
  readonly bytes: Uint8Array;
}

/** The changes of a commit whose full keys begin with a prefix, in key order. The others are only passed over. */
export function changesIn({ bytes }: RawCommit, prefix: Uint8Array): RawChange[] {
  return new RecordReader(bytes).changes(prefix);
}

/** What happened since the engine was last asked. */
export interface Outbox {
  /** Every row was given up. */
  readonly cleared: boolean;
  /** The rows that were written, removed or given to another key. */
  readonly rows: readonly number[];
  readonly commits: readonly RawCommit[];
  /** Of a replica that records, the commits of the backend that were applied. */
  readonly confirmed: readonly RawCommit[];
}

/** Reads records one after the other. */
export class RecordReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A text. */
  text(): string {
    return decoder.decode(this.#take());
  }

  /** A value, decoded and frozen; `undefined` where there is none. */
  value(): Value | undefined {
    const encoding = this.#u8();
    return encoding === noValue ? undefined : decodeBytes(encoding, this.#take());
  }

  /** What is known of an entry. */
  meta(): Meta {
    const version = this.version();
    const createdAt = this.#f64();
    const updatedAt = this.#f64();
    const deadline = this.#f64();
    const tags = this.#many(() => this.text());
    const properties = Object.fromEntries(this.#many(() => [this.text(), this.value() as Value] as const));
    const description = this.#u8() === 1 ? this.text() : null;
    return {
      version,
      createdAt,
      updatedAt,
      deadline: deadline === Number.POSITIVE_INFINITY ? null : deadline,
      tags,
      properties,
      description,
    };
  }

  /** So many texts, written as one. */
  #texts(count: number): string[] {
    const ends = this.#at + count * 4;
    const view = this.#view;
    let at = this.#at;
    this.#at = ends;
    const joined = this.text();
    const texts = new Array<string>(count);
    let from = 0;
    for (let index = 0; index < count; index++, at += 4) {
      const to = from + view.getUint32(at, true);
      texts[index] = joined.slice(from, to);
      from = to;
    }
    return texts;
  }

  /** The keys of a batch of a listing, or of one of several lists. */
  keys(): string[] {
    return this.#texts(this.#u32());
  }

  /** An outbox. */
  outbox(): Outbox {
    const cleared = this.#u8() === 1;
    const rows = this.#many(() => this.#u32());
    const commits = this.#many(() => this.#commit());
    const confirmed = this.#many(() => this.#commit());
    return { cleared, rows, commits, confirmed };
  }

  /** The number of a commit; 0 for one that is pending. */
  version(): number {
    const version = this.#f64();
    return version >= pending ? 0 : version;
  }

  /** Changes: those of keys that begin with a prefix, or none. */
  changes(prefix: Uint8Array | undefined): RawChange[] {
    const found: RawChange[] = [];
    for (let left = this.#u32(); left > 0; left--) {
      const type = changeTypes[this.#u8()] as ChangeType;
      if (prefix !== undefined && this.#begins(prefix)) {
        found.push({ type, key: this.text(), value: this.value(), previous: this.value(), tags: this.#many(() => this.text()) });
        continue;
      }
      this.#skip();
      for (let values = 2; values > 0; values--) if (this.#u8() !== noValue) this.#skip();
      for (let tags = this.#u32(); tags > 0; tags--) this.#skip();
    }
    return found;
  }

  #commit(): RawCommit {
    const version = this.version();
    const origin = origins[this.#u8()] as Origin;
    const from = this.#at;
    this.changes(undefined);
    return { version, origin, bytes: this.#bytes.subarray(from, this.#at) };
  }

  #many<T>(read: () => T): T[] {
    const list: T[] = [];
    for (let left = this.#u32(); left > 0; left--) list.push(read());
    return list;
  }

  #u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  #u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #f64(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  /** Whether the text that comes next begins with a prefix. */
  #begins(prefix: Uint8Array): boolean {
    const start = this.#at + 4;
    return this.#view.getUint32(this.#at, true) >= prefix.length && prefix.every((byte, index) => byte === this.#bytes[start + index]);
  }

  #skip(): void {
    const length = this.#u32();
    this.#at += length;
  }

  #take(): Uint8Array {
    const length = this.#u32();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
