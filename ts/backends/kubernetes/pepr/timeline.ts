/**
 * What has happened to one capability: Pepr's resource keeps values alone, so who changed which of them is read off the states that the object goes
 * through, each compared with the one before.
 *
 * The number of a commit is the object's generation after it: Kubernetes counts that up by one with each change of the data, whoever makes it, so all
 * replicas know a change by the same number. What is ours says so in its notes (`notes.ts`); whatever else has changed is Pepr's, or somebody's by
 * hand, and counts as the commit of a stranger.
 *
 * Where states are missing in between, what differs is known and not by which commits: those who follow have a gap there and load anew, and so hear of
 * each key once.
 *
 * An entry that was there when the timeline begins counts as changed by the last commit then.
 *
 * A state costs by the number of items.
 *
 * @module
 */

import type { Timestamp } from "../../../store/types/index.js";
import type { LoggedCommit } from "../../backend.js";
import { compareTexts } from "../../local/texts.js";
import { encodeOperations, type Operation } from "../../operations.js";
import { timeOf } from "../texts.js";
import type { CapabilityKeys } from "./keys.js";
import { type CapabilityNotes, type Notes, notesOf, notesOn } from "./notes.js";
import { cacheLabel, generationOf, itemsOf, type PeprObject } from "./object.js";

/** An item, with what is known of its history. */
export interface Item {
  /** Its value. */
  readonly value: string;
  /** The commit that changed it last, or one after that. */
  readonly number: number;
  /** The time of the first commit to it that is known. */
  readonly createdAt: Timestamp;
  /** The time of the last. */
  readonly updatedAt: Timestamp;
}

/** A state of a capability. */
export interface CapabilityState {
  /** The object that it was read from. */
  readonly object: PeprObject;
  /** What is noted there. */
  readonly notes: Notes;
  /** What is noted of the capability. */
  readonly note: CapabilityNotes | undefined;
  /** The object's generation. */
  readonly generation: number;
  /** The items by their keys. */
  readonly items: ReadonlyMap<string, Item>;
  /** The number of the last commit that changed the capability. */
  readonly number: number;
  /** Its time. */
  readonly time: Timestamp;
  /** The commits that are remembered, in their order. */
  readonly log: readonly LoggedCommit[];
  /** Every commit from this number on is remembered. */
  readonly logFirst: number;
}

/** How much is remembered: those who follow read each commit as it comes. */
const most = { commits: 1_000, bytes: 2 ** 20 };

/** Whose commits are not ours. */
const stranger = "";

/** The timeline of one capability. */
export class Timeline {
  readonly capability: string;
  readonly keys: CapabilityKeys;
  readonly #now: () => Timestamp;
  #latest: CapabilityState | undefined;

  /** @param now - gives the server's time */
  constructor(capability: string, keys: CapabilityKeys, now: () => Timestamp) {
    this.capability = capability;
    this.keys = keys;
    this.#now = now;
  }

  /** Takes in the next state of the object. */
  take(object: PeprObject): CapabilityState {
    const notes = notesOf(object);
    const note = notesOn(notes, this.capability);
    const read = { object, notes, note, generation: generationOf(object), values: itemsOf(object, this.keys) };
    const before = this.#latest?.object.metadata.uid === object.metadata.uid ? this.#latest : undefined;
    this.#latest = before === undefined ? this.#begin(read) : this.#goOn(before, read);
    return this.#latest;
  }

  #begin({ values, ...read }: Read): CapabilityState {
    const { object, notes, note, generation } = read;
    const isNoted = note !== undefined && notes.generation === generation;
    const number = isNoted ? note.number : values.size > 0 || note !== undefined ? generation : 0;
    const time = isNoted ? timeOf(note.time) : this.#timeOfChange(object, 0);
    const items = new Map([...values].map(([key, value]) => [key, { value, number, createdAt: time, updatedAt: time }]));
    return { ...read, items, number, time, log: [], logFirst: number + 1 };
  }

  #goOn(before: CapabilityState, { values, ...read }: Read): CapabilityState {
    const { object, notes, note, generation } = read;
    const operations = [...changes(before.items, values)].sort((one, other) => compareTexts(one.key, other.key));
    if (operations.length === 0) {
      // Others may know no better than that a change was at the latest then.
      const number = Math.max(before.number, note?.number ?? 0);
      return { ...before, ...read, number };
    }
    const isOurs = note !== undefined && notes.generation === generation && note.number > before.number;
    const record = isOurs ? Object.entries(note.replicas).find(([, { number, changed }]) => changed && number === note.number) : undefined;
    const [replica, { counter, after }] = record ?? [stranger, { counter: 0, after: undefined }];
    const number = isOurs ? note.number : generation;
    const time = isOurs ? Math.max(timeOf(note.time), before.time) : this.#timeOfChange(object, before.time);
    const items = new Map(before.items);
    for (const operation of operations) {
      if (operation.type === "delete") items.delete(operation.key);
      else {
        const createdAt = items.get(operation.key)?.createdAt ?? time;
        items.set(operation.key, { value: operation.value, number, createdAt, updatedAt: time });
      }
    }
    const state = { ...read, items, number, time };
    // One commit, where the data were changed once; or where it is ours, and made upon the one that was known.
    if (generation - before.generation > 1 && after !== before.number) return { ...state, log: [], logFirst: number + 1 };
    const commit = { number, time, replica, counter, operations: encoded(operations) };
    return { ...state, ...remembered([...before.log, commit], before.logFirst) };
  }

  /** When a stranger changed the data: Pepr notes its own time. Nobody's clock may run ahead of the server's. */
  #timeOfChange({ metadata }: PeprObject, before: Timestamp): Timestamp {
    const noted = Number(metadata.labels?.[cacheLabel]);
    const now = this.#now();
    return Math.max(before, noted > 0 && noted < now ? Math.floor(noted) : now);
  }
}

/** What a state of the object says. */
type Read = Pick<CapabilityState, "object" | "notes" | "note" | "generation"> & { readonly values: ReadonlyMap<string, string> };

/** A change of one item. */
type Change = { readonly type: "put"; readonly key: string; readonly value: string } | { readonly type: "delete"; readonly key: string };

function* changes(before: ReadonlyMap<string, Item>, values: ReadonlyMap<string, string>): Generator<Change> {
  for (const key of before.keys()) if (!values.has(key)) yield { type: "delete", key };
  for (const [key, value] of values) if (before.get(key)?.value !== value) yield { type: "put", key, value };
}

const encoder = /* @__PURE__ */ new TextEncoder();

function encoded(changes: readonly Change[]): Uint8Array {
  return encodeOperations(
    changes.map(
      (change): Operation =>
        change.type === "delete" ? change : { ...change, value: { encoding: 0, bytes: encoder.encode(change.value) }, ttl: null },
    ),
  );
}

/** As many of the latest commits as are remembered. */
function remembered(log: readonly LoggedCommit[], logFirst: number): Pick<CapabilityState, "log" | "logFirst"> {
  let bytes = log.reduce((sum, { operations }) => sum + operations.length, 0);
  let from = 0;
  while (log.length - from > most.commits || (bytes > most.bytes && log.length - from > 1)) bytes -= log[from++]?.operations.length ?? 0;
  const forgotten = log[from - 1];
  return { log: from === 0 ? log : log.slice(from), logFirst: forgotten === undefined ? logFirst : forgotten.number + 1 };
}
