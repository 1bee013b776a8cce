/**
 * The object as a shelf, so that the decision that is written once for all backends (`ts/backends/local`) can be made on it.
 *
 * @module
 */

import type { LoggedCommit } from "../backend.js";
import { encodeEntry } from "../entries.js";
import type { ReplicaRecord } from "../local/records.js";
import type { KeyedRecord, Page, Shelf, StoreState } from "../local/shelf.js";
import { type EntryText, entryOf, loggedOf, replicaOf, type StoreObject, stateOf } from "./object.js";

/** One state of the object. Keys such as `__proto__` are keys like any others: only own properties are looked at. */
export class ObjectShelf implements Shelf {
  readonly #object: StoreObject;

  constructor(object: StoreObject) {
    this.#object = object;
  }

  state(): StoreState {
    return stateOf(this.#object);
  }

  replica(id: string): ReplicaRecord | undefined {
    const text = own(this.#object.replicas, id);
    return text && replicaOf(text);
  }

  replicas(): (readonly [id: string, record: ReplicaRecord])[] {
    return Object.entries(this.#object.replicas ?? {}).map(([id, text]) => [id, replicaOf(text)] as const);
  }

  entries(keys: readonly string[]): (Uint8Array | undefined)[] {
    return keys.map((key) => {
      const text = own(this.#object.entries, key);
      return text && recordOf(text);
    });
  }

  /** All at once: they are in memory as they are. */
  scan(prefix: string, after?: string): Page {
    if (after !== undefined) return { entries: [] };
    const entries: KeyedRecord[] = [];
    for (const [key, text] of Object.entries(this.#object.entries ?? {})) if (key.startsWith(prefix)) entries.push([key, recordOf(text)]);
    return { entries };
  }

  log(after: number, limit: number): LoggedCommit[] {
    const { number } = stateOf(this.#object).head;
    const commits: LoggedCommit[] = [];
    for (let at = after + 1; at <= number && commits.length < limit; at++) commits.push(loggedOf(at, own(this.#object.log, String(at))));
    return commits;
  }
}

const recordOf = (text: EntryText) => encodeEntry(entryOf(text));

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
