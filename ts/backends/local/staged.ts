/**
 * What a commit makes of the entries that it names, before anything is written: records are read in, operations applied in their order, and the
 * difference taken out. An entry whose deadline has come counts as missing throughout, but stands here as it lies there, since its removal is a write.
 *
 * @module
 */

import type { Timestamp } from "../../store/types/index.js";
import { decodeEntry, encodeEntries, type StoredEntry, versionOf } from "../entries.js";
import type { Operation, OperationTtl } from "../operations.js";
import { patched } from "./patching.js";
import { utf8Length } from "./texts.js";

interface Item {
  /** What lies there. */
  readonly before: StoredEntry | undefined;
  /** What shall lie there. */
  after: StoredEntry | undefined;
}

/** How much the entries of a store are, and how that changes. */
export interface Totals {
  /** Count of entries. */
  readonly entries: number;
  /** Keys, encoded values and metadata, in bytes. */
  readonly bytes: number;
  /** No entry expires before this. */
  readonly earliest: Timestamp;
}

/** What an entry counts against `maxBytes`. */
function sizeOf(key: string, { value, metadata }: StoredEntry): number {
  let bytes = utf8Length(key) + value.bytes.length;
  if (metadata === undefined) return bytes;
  for (const tag of metadata.tags) bytes += utf8Length(tag);
  for (const [name, property] of metadata.properties) bytes += utf8Length(name) + property.bytes.length;
  return bytes + utf8Length(metadata.description ?? "");
}

/** The entries that a commit names. */
export class Staged {
  readonly #items = new Map<string, Item>();
  readonly #number: number;
  readonly #time: Timestamp;
  #isChanged = false;

  /**
   * @param number - the number that the commit will have
   * @param time - the backend's time at the commit
   */
  constructor(number: number, time: Timestamp) {
    this.#number = number;
    this.#time = time;
  }

  /** Whether an operation has changed anything. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** Reads in what lies under a key. */
  add(key: string, record: Uint8Array | undefined): void {
    if (this.#items.has(key)) return;
    const entry = record && decodeEntry(record);
    this.#items.set(key, { before: entry, after: entry });
  }

  /** The version of an entry that was read in, 0 for a missing one. */
  version(key: string): number {
    const entry = this.#items.get(key)?.after;
    return entry !== undefined && this.#isLive(entry) ? versionOf(entry) : 0;
  }

  /** Applies an operation to entries that were all read in. */
  apply(operation: Operation): void {
    if (operation.type === "clear") {
      for (const [key, item] of this.#items) if (key.startsWith(operation.prefix)) this.#remove(item);
      return;
    }
    const item = this.#items.get(operation.key);
    if (item === undefined) return;
    const live = item.after && this.#isLive(item.after) ? item.after : undefined;
    switch (operation.type) {
      case "put": {
        const metadata = patched(operation.metadata, live?.metadata, this.#number);
        this.#place(item, live, { value: operation.value, deadline: this.#deadline(operation.ttl, live), metadata });
        return;
      }
      case "touch":
        if (live) this.#place(item, live, { ...live, deadline: this.#deadline(operation.ttl, live) });
        return;
      case "annotate": {
        const metadata = patched(operation.metadata, live?.metadata, this.#number);
        if (live === undefined || metadata === live.metadata) return;
        item.after = { ...live, updatedAt: this.#time, metadata };
        this.#isChanged = true;
        return;
      }
      case "expire":
        if (item.after === undefined || live !== undefined || versionOf(item.after) !== operation.version) return;
        item.after = undefined;
        this.#isChanged = true;
        return;
      case "delete":
        this.#remove(item);
    }
  }

  /** What the totals of the store become. */
  totals({ entries, bytes, earliest }: Totals): Totals {
    for (const [key, { before, after }] of this.#items) {
      if (before === after) continue;
      entries += (after ? 1 : 0) - (before ? 1 : 0);
      bytes += (after ? sizeOf(key, after) : 0) - (before ? sizeOf(key, before) : 0);
      if (after) earliest = Math.min(earliest, after.deadline);
    }
    return { entries, bytes, earliest };
  }

  /** The records to write, as views of one buffer; `undefined` for those to remove. */
  records(): Map<string, Uint8Array | undefined> {
    const changed = [...this.#items].filter(([, { before, after }]) => before !== after);
    const kept = changed.flatMap(([, { after }]) => after ?? []);
    const records = encodeEntries(kept).values();
    return new Map(changed.map(([key, { after }]) => [key, after && records.next().value]));
  }

  #isLive({ deadline }: StoredEntry): boolean {
    return this.#time < deadline;
  }

  #deadline(ttl: OperationTtl, live: StoredEntry | undefined): Timestamp {
    if (ttl === null) return Infinity;
    if (ttl === "keep") return live?.deadline ?? Infinity;
    return typeof ttl === "number" ? this.#time + ttl : ttl.deadline;
  }

  /** Writes a value cell; one whose deadline has come already removes the entry. */
  #place(item: Item, live: StoredEntry | undefined, cell: Pick<StoredEntry, "value" | "deadline" | "metadata">): void {
    if (cell.deadline <= this.#time) {
      this.#remove(item);
      return;
    }
    const times = { createdAt: live?.createdAt ?? this.#time, updatedAt: this.#time };
    item.after = { number: this.#number, ...times, deadline: cell.deadline, value: cell.value, metadata: cell.metadata };
    this.#isChanged = true;
  }

  #remove(item: Item): void {
    // What has expired is missing already. It stays until its removal is asked for, or who reads the log would never be told that it went.
    if (item.after === undefined || !this.#isLive(item.after)) return;
    item.after = undefined;
    this.#isChanged = true;
  }
}
