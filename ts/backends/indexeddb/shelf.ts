/**
 * The records of one store in an IndexedDB database, within one transaction.
 *
 * @module
 */

import type { IDBPTransaction } from "idb";
import type { LoggedCommit } from "../backend.js";
import {
  decodeHead,
  decodeHeader,
  decodeLogged,
  decodeReplica,
  encodeHead,
  encodeHeader,
  encodeLogged,
  encodeReplica,
  type ReplicaRecord,
} from "../local/records.js";
import type { Page, Shelf, StoreState, Writes } from "../local/shelf.js";
import type { objectStores, Schema } from "./database.js";

/** A transaction on all object stores. */
export type Transaction<Mode extends IDBTransactionMode> = IDBPTransaction<Schema, (typeof objectStores)[number][], Mode>;

/** How many entries, or commits of the log, are read at once. */
const pageSize = 200;

/** What no text and no number comes after, as the second part of a key. */
const end: readonly never[] = [];

/** The records of one store. */
export class DatabaseShelf implements Shelf {
  readonly #transaction: Transaction<"readonly"> | Transaction<"readwrite">;
  readonly #name: string;

  constructor(transaction: Transaction<"readonly"> | Transaction<"readwrite">, name: string) {
    this.#transaction = transaction;
    this.#name = name;
  }

  async state(): Promise<StoreState | undefined> {
    const [header, head] = await Promise.all([
      this.#transaction.objectStore("headers").get(this.#name),
      this.#transaction.objectStore("heads").get(this.#name),
    ]);
    return header && { header: decodeHeader(header), head: decodeHead(head ?? new Uint8Array()) };
  }

  async replica(id: string): Promise<ReplicaRecord | undefined> {
    const record = await this.#transaction.objectStore("replicas").get([this.#name, id]);
    return record && decodeReplica(record);
  }

  async replicas(): Promise<[string, ReplicaRecord][]> {
    const store = this.#transaction.objectStore("replicas");
    const range = IDBKeyRange.bound([this.#name], [this.#name, end]);
    const [keys, records] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
    return keys.flatMap(([, id], at) => pairOf(id, records[at], decodeReplica));
  }

  entries(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const store = this.#transaction.objectStore("entries");
    return Promise.all(keys.map((key) => store.get([this.#name, key])));
  }

  async scan(prefix: string, after?: string): Promise<Page> {
    const store = this.#transaction.objectStore("entries");
    const range = IDBKeyRange.bound([this.#name, after ?? prefix], [this.#name, endOf(prefix)], after !== undefined, true);
    const [keys, records] = await Promise.all([store.getAllKeys(range, pageSize), store.getAll(range, pageSize)]);
    const entries = keys.flatMap(([, key], at) => pairOf(key, records[at], (record) => record));
    return keys.length < pageSize ? { entries } : { entries, next: entries.at(-1)?.[0] };
  }

  async log(after: number, limit: number): Promise<LoggedCommit[]> {
    const store = this.#transaction.objectStore("log");
    const range = IDBKeyRange.bound([this.#name, after], [this.#name, end], true);
    const count = Math.min(limit, pageSize);
    const [keys, records] = await Promise.all([store.getAllKeys(range, count), store.getAll(range, count)]);
    return keys
      .flatMap(([, number], at) => pairOf(number, records[at], (record) => decodeLogged(number, record)))
      .map(([, commit]) => commit);
  }
}

/** Writes what a procedure ended with; resolves when all of it has been taken, which is not yet kept. */
export async function writeTo(transaction: Transaction<"readwrite">, name: string, writes: Writes): Promise<void> {
  const { header, head, replicas = [], entries = new Map(), logged, trimmed, isRemoved } = writes;
  const requests: Promise<unknown>[] = [];
  if (isRemoved) {
    for (const store of ["headers", "heads"] as const) requests.push(transaction.objectStore(store).delete(name));
    for (const store of ["entries", "log", "replicas"] as const)
      requests.push(transaction.objectStore(store).delete(IDBKeyRange.bound([name], [name, end])));
  }
  if (header) requests.push(transaction.objectStore("headers").put(encodeHeader(header), name));
  if (head) requests.push(transaction.objectStore("heads").put(encodeHead(head), name));
  for (const [id, record] of replicas) {
    const store = transaction.objectStore("replicas");
    requests.push(record ? store.put(encodeReplica(record), [name, id]) : store.delete([name, id]));
  }
  for (const [key, record] of entries) {
    const store = transaction.objectStore("entries");
    // A copy, since a view is kept with all of the buffer behind it.
    requests.push(record ? store.put(record.slice(), [name, key]) : store.delete([name, key]));
  }
  if (logged) requests.push(transaction.objectStore("log").put(encodeLogged(logged), [name, logged.number]));
  if (trimmed) {
    const [first, next] = trimmed;
    requests.push(transaction.objectStore("log").delete(IDBKeyRange.bound([name, first], [name, next], false, true)));
  }
  await Promise.all(requests);
}

function pairOf<Key, Value>(key: Key, record: Uint8Array | undefined, decode: (record: Uint8Array) => Value): [Key, Value][] {
  return record ? [[key, decode(record)]] : [];
}

/** What comes right after all texts that begin with a prefix, in IndexedDB's order, which is that of UTF-16. */
function endOf(prefix: string): string | readonly never[] {
  const last = prefix.charCodeAt(prefix.length - 1);
  if (prefix === "") return end;
  return last === 0xffff ? endOf(prefix.slice(0, -1)) : prefix.slice(0, -1) + String.fromCharCode(last + 1);
}
