/**
 * Stores in the memory of this process.
 *
 * @module
 */

import type { LoggedCommit } from "../backend.js";
import type { ReplicaRecord } from "../local/records.js";
import {
  type Listener,
  type Medium,
  type Outcome,
  type Page,
  type Procedure,
  runAtOnce,
  type Shelf,
  type StoreState,
  type Writes,
} from "../local/shelf.js";

/** One store. What it is given to keep is never changed by anyone. */
class MemoryShelf implements Shelf {
  readonly #entries = new Map<string, Uint8Array>();
  readonly #log = new Map<number, LoggedCommit>();
  readonly #replicas = new Map<string, ReplicaRecord>();
  #state: StoreState | undefined;

  state(): StoreState | undefined {
    return this.#state;
  }

  replica(id: string): ReplicaRecord | undefined {
    return this.#replicas.get(id);
  }

  replicas(): [string, ReplicaRecord][] {
    return [...this.#replicas];
  }

  entries(keys: readonly string[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.#entries.get(key));
  }

  scan(prefix: string): Page {
    return { entries: [...this.#entries].filter(([key]) => key.startsWith(prefix)) };
  }

  log(after: number, limit: number): LoggedCommit[] {
    const commits: LoggedCommit[] = [];
    for (let number = after + 1; commits.length < limit; number++) {
      const commit = this.#log.get(number);
      if (commit === undefined) break;
      commits.push(commit);
    }
    return commits;
  }

  /** Writes what a procedure ended with. */
  write({ header, head, replicas = [], entries = new Map(), logged, trimmed: [first, end] = [0, 0] }: Writes): void {
    if (header || head) {
      const present = this.#state;
      const next = { header: header ?? present?.header, head: head ?? present?.head };
      if (next.header && next.head) this.#state = { header: next.header, head: next.head };
    }
    for (const [id, record] of replicas) {
      if (record) this.#replicas.set(id, record);
      else this.#replicas.delete(id);
    }
    for (const [key, record] of entries) {
      // A copy, since the view would hold what else was written with it.
      if (record) this.#entries.set(key, record.slice());
      else this.#entries.delete(key);
    }
    if (logged) this.#log.set(logged.number, logged);
    for (let number = first; number < end; number++) this.#log.delete(number);
  }
}

/** Stores by their names. Each procedure runs in one go, so nothing comes between its questions and its writes. */
export class MemoryMedium implements Medium {
  readonly #shelves = new Map<string, MemoryShelf>();
  readonly #listeners = new Map<string, Set<Listener>>();

  async write<Result>(name: string, procedure: () => Procedure<Outcome<Result>>): Promise<Result> {
    const shelf = this.#shelves.get(name) ?? new MemoryShelf();
    const { result, writes } = runAtOnce(procedure(), shelf);
    if (writes) {
      if (writes.isRemoved) this.#shelves.delete(name);
      else {
        shelf.write(writes);
        this.#shelves.set(name, shelf);
      }
      for (const listener of this.#listeners.get(name) ?? []) listener(writes.logged, writes.store);
    }
    return result;
  }

  async read<End>(name: string, procedure: () => Procedure<End>): Promise<End> {
    return runAtOnce(procedure(), this.#shelves.get(name) ?? new MemoryShelf());
  }

  watch(name: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
    };
  }

  /** Other connections to the same memory go on. */
  async close(): Promise<void> {}
}
