/**
 * A state of a capability as a shelf, so that the decision that is written once for all backends (`ts/backends/local`) can be made on it.
 *
 * @module
 */

import type { LoggedCommit } from "../../backend.js";
import { encodeEntry } from "../../entries.js";
import type { ReplicaRecord } from "../../local/records.js";
import type { KeyedRecord, Page, Shelf, StoreState } from "../../local/shelf.js";
import { replicaOf } from "../object.js";
import type { CapabilityState, Item } from "./timeline.js";

/** One state of one capability. */
export class CapabilityShelf implements Shelf {
  readonly #capability: string;
  readonly #state: CapabilityState;

  constructor(capability: string, state: CapabilityState) {
    this.#capability = capability;
    this.#state = state;
  }

  /** Nothing expires and nothing is bounded, so bytes are not counted. */
  state(): StoreState {
    const { object, notes, generation, items, number, time, logFirst } = this.#state;
    const { readFormat, writeFormat } = notes;
    return {
      header: { id: `${object.metadata.uid}/${this.#capability}`, readFormat, writeFormat, limits: {} },
      head: { number, time, entries: items.size, bytes: 0, earliest: Infinity, logFirst, logBytes: 0 },
      next: generation + 1,
    };
  }

  replica(id: string): ReplicaRecord | undefined {
    const { replicas = {} } = this.#state.note ?? {};
    const text = Object.hasOwn(replicas, id) ? replicas[id] : undefined;
    return text && replicaOf(text);
  }

  replicas(): (readonly [id: string, record: ReplicaRecord])[] {
    return Object.entries(this.#state.note?.replicas ?? {}).map(([id, text]) => [id, replicaOf(text)] as const);
  }

  entries(keys: readonly string[]): (Uint8Array | undefined)[] {
    return keys.map((key) => {
      const item = this.#state.items.get(key);
      return item && recordOf(item);
    });
  }

  /** All at once: they are in memory as they are. */
  scan(prefix: string, after?: string): Page {
    if (after !== undefined) return { entries: [] };
    const entries: KeyedRecord[] = [];
    for (const [key, item] of this.#state.items) if (key.startsWith(prefix)) entries.push([key, recordOf(item)]);
    return { entries };
  }

  log(after: number, limit: number): LoggedCommit[] {
    return this.#state.log.filter(({ number }) => number > after).slice(0, limit);
  }
}

const encoder = /* @__PURE__ */ new TextEncoder();

function recordOf({ value, ...times }: Item): Uint8Array {
  return encodeEntry({ ...times, deadline: Infinity, value: { encoding: 0, bytes: encoder.encode(value) } });
}
