/**
 * The records of one store in an LMDB environment, within the transaction that is going on.
 *
 * @module
 */

import type { LoggedCommit } from "../backend.js";
import {
  decodeHead,
  decodeLogged,
  decodeReplica,
  encodeHead,
  encodeLogged,
  encodeReplica,
  type HeadRecord,
  type ReplicaRecord,
} from "../local/records.js";
import type { KeyedRecord, Page, Shelf, StoreState, Writes } from "../local/shelf.js";
import type { Environment } from "./environment.js";
import {
  decodeStore,
  encodeStore,
  endOf,
  logKey,
  namedKey,
  namedKeys,
  nameIn,
  numberIn,
  removedHead,
  slotIn,
  slotKey,
  storeKey,
} from "./layout.js";

/** The bytes after which a page, or a part of the log, is enough. */
const enoughBytes = 256 * 1024;

/** How many records are looked up at once to be removed. */
const removedAtOnce = 1_000;

/** The records of one store. */
export class FileShelf implements Shelf {
  readonly #environment: Environment;
  readonly #name: string;
  /** Keys of entries that were asked for, since what was read is mostly written. */
  readonly #keys = new Map<string, Uint8Array>();
  #slot: Uint8Array | undefined;

  constructor(environment: Environment, name: string) {
    this.#environment = environment;
    this.#name = name;
  }

  state(): StoreState | undefined {
    const { stores, heads } = this.#environment;
    const record = stores.getBinary(storeKey(this.#name));
    if (record === undefined) return undefined;
    const { slot, header } = decodeStore(record);
    this.#slot = slot;
    return { header, head: decodeHead(heads.getBinary(slot) ?? new Uint8Array()) };
  }

  replica(id: string): ReplicaRecord | undefined {
    const slot = this.#knownSlot();
    const record = slot && this.#environment.replicas.getBinary(namedKey(slot, id));
    return record && decodeReplica(record);
  }

  replicas(): [string, ReplicaRecord][] {
    const slot = this.#knownSlot();
    if (slot === undefined) return [];
    const range = this.#environment.replicas.getRange({ start: slot, end: endOf(slot) });
    return Array.from(range, ({ key, value }) => [nameIn(key), decodeReplica(value)]);
  }

  entries(keys: readonly string[]): (Uint8Array | undefined)[] {
    const slot = this.#knownSlot();
    if (slot === undefined) return keys.map(() => undefined);
    const { entries } = this.#environment;
    return namedKeys(slot, keys).map((key, at) => {
      this.#keys.set(keys[at] ?? "", key);
      return entries.getBinary(key);
    });
  }

  scan(prefix: string, after?: string): Page {
    const slot = this.#knownSlot();
    if (slot === undefined) return { entries: [] };
    const start = namedKey(slot, prefix);
    const range = after === undefined ? { start } : { start: namedKey(slot, after), exclusiveStart: true };
    const page: KeyedRecord[] = [];
    let bytes = 0;
    for (const { key, value } of this.#environment.entries.getRange({ ...range, end: endOf(start) })) {
      const name = nameIn(key);
      page.push([name, value]);
      bytes += key.length + value.length;
      if (bytes >= enoughBytes) return { entries: page, next: name };
    }
    return { entries: page };
  }

  log(after: number, limit: number): LoggedCommit[] {
    const slot = this.#knownSlot();
    if (slot === undefined) return [];
    const commits: LoggedCommit[] = [];
    let bytes = 0;
    for (const { key, value } of this.#environment.log.getRange({ start: logKey(slot, after + 1), end: endOf(slot), limit })) {
      commits.push(decodeLogged(numberIn(key), value));
      bytes += value.length;
      if (bytes >= enoughBytes) break;
    }
    return commits;
  }

  /** Writes what a procedure ended with. */
  write({ header, head, replicas = [], entries = new Map(), logged, trimmed: [first, end] = [0, 0], isRemoved }: Writes): void {
    const { stores, heads, entries: records, log, replicas: memories } = this.#environment;
    const present = this.#knownSlot();
    if (isRemoved) {
      if (present) this.#remove(present);
      return;
    }
    const slot = present ?? this.#takeSlot();
    this.#slot = slot;
    if (header) stores.putSync(storeKey(this.#name), encodeStore(slot, header));
    if (head) heads.putSync(slot, encodeHead(head));
    for (const [id, record] of replicas) {
      if (record) memories.putSync(namedKey(slot, id), encodeReplica(record));
      else memories.removeSync(namedKey(slot, id));
    }
    for (const [name, record] of entries) {
      const key = this.#keys.get(name) ?? namedKey(slot, name);
      if (record) records.putSync(key, record);
      else records.removeSync(key);
    }
    if (logged) log.putSync(logKey(slot, logged.number), encodeLogged(logged));
    for (let number = first; number < end; number++) log.removeSync(logKey(slot, number));
  }

  /** How far the store is. */
  head(): HeadRecord | undefined {
    const slot = this.#knownSlot();
    const record = slot && this.#environment.heads.getBinary(slot);
    const head = record && decodeHead(record);
    if (head !== undefined && head.number >= 0) return head;
    // One that is made in the place of one that was removed has a slot of its own.
    this.#slot = undefined;
    return undefined;
  }

  #remove(slot: Uint8Array): void {
    const { stores, heads, entries, log, replicas } = this.#environment;
    for (const database of [entries, log, replicas]) {
      let keys: Uint8Array[];
      do {
        keys = Array.from(database.getKeys({ start: slot, end: endOf(slot), limit: removedAtOnce }));
        for (const key of keys) database.removeSync(key);
      } while (keys.length === removedAtOnce);
    }
    stores.removeSync(storeKey(this.#name));
    // The last slot stays taken, so that no other process takes the store that is made next for this one.
    if (this.#lastSlot() === slotIn(slot)) heads.putSync(slot, encodeHead(removedHead));
    else heads.removeSync(slot);
    this.#slot = undefined;
  }

  #knownSlot(): Uint8Array | undefined {
    if (this.#slot === undefined) {
      const record = this.#environment.stores.getBinary(storeKey(this.#name));
      this.#slot = record && decodeStore(record).slot;
    }
    return this.#slot;
  }

  /** The slot after the last one that is taken, which need not stay so for a store that was removed. */
  #takeSlot(): Uint8Array {
    const { heads } = this.#environment;
    const last = this.#lastSlot();
    const left = last > 0 && heads.getBinary(slotKey(last));
    if (left && decodeHead(left).number < 0) heads.removeSync(slotKey(last));
    return slotKey(last + 1);
  }

  /** The last slot that is taken, 0 for none. */
  #lastSlot(): number {
    for (const key of this.#environment.heads.getKeys({ reverse: true, limit: 1 })) return slotIn(key);
    return 0;
  }
}
