/**
 * Opens a store for a replica, makes it where it is missing, raises its formats, removes it, and forgets replicas.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../../errors.js";
import type { Timestamp } from "../../store/types/index.js";
import { type Header, type Removal, replicaMemory, type StoreLimits } from "../backend.js";
import { deadlineOf } from "../entries.js";
import type { FormatSupport } from "./formats.js";
import { requireState } from "./ledger.js";
import type { HeadRecord, ReplicaRecord } from "./records.js";
import { ask, type Outcome, type Procedure, type StoreState } from "./shelf.js";

/** What opening a store depends on. */
export interface Opening {
  /** The replica that opens it. */
  readonly replica: string;
  /** The limits that it asks for. */
  readonly limits?: StoreLimits | undefined;
  /** The id of a store that has to be made. */
  readonly newId: string;
  /** The time on the backend's clock. */
  readonly now: Timestamp;
  /** What this version reads and writes. */
  readonly formats: FormatSupport;
}

/** Opens a store, and ends with its header. */
export function* openStore({ replica, limits, newId, now, formats }: Opening): Procedure<Outcome<Header>> {
  const present = yield* ask((shelf) => shelf.state());
  const { header, head } = present ?? newStore(newId, limits, now, formats);
  if (header.readFormat > formats.knows) {
    throw new HoldallError("FORMAT_TOO_NEW", "The store has a format that this version of Holdall cannot read: use a later one");
  }
  requireSameLimits(header.limits, limits);
  if (header.writeFormat > formats.knows) return { result: header };
  const time = Math.max(now, head.time);
  const known = yield* ask((shelf) => shelf.replicas());
  const replicas: [string, ReplicaRecord | undefined][] = [];
  for (const [id, record] of known) if (id !== replica && record.time + replicaMemory < time) replicas.push([id, undefined]);
  // What is known of it already stays: a replica that opens twice may still ask what came of a commit.
  if (!known.some(([id]) => id === replica)) {
    replicas.push([replica, { counter: 0, number: head.number, after: head.number, time, changed: false }]);
  }
  if (present && replicas.length === 0) return { result: header };
  return { result: header, writes: { replicas, ...(present === undefined && { header, head }) } };
}

/** Runs procedures on where a store lies. */
export interface OpeningMedium {
  /** Runs one and writes what it ends with. */
  write(procedure: () => Procedure<Outcome<Header>>): Promise<Header>;
  /** Runs one that only reads. */
  read(procedure: () => Procedure<Header | undefined>): Promise<Header | undefined>;
}

/**
 * Opens a store, and makes it where it is missing. Where there is no room to note the replica, what there is can be read all the same: it is not noted then until it
 * commits, and what came of a first commit that it sends twice is not known.
 */
export async function openOn(medium: OpeningMedium, opening: () => Opening): Promise<Header> {
  try {
    return await medium.write(() => openStore(opening()));
  } catch (error) {
    const isFull = error instanceof HoldallError && error.code === "QUOTA_EXCEEDED";
    const header = isFull ? await medium.read(() => openUnnoted(opening())) : undefined;
    if (header === undefined) throw error;
    return header;
  }
}

/** Ends with the header of a store; with nothing where it would have to be made. */
function* openUnnoted(opening: Opening): Procedure<Header | undefined> {
  const { result, writes } = yield* openStore(opening);
  return writes?.header === undefined ? result : undefined;
}

/** Raises the formats of a store, never back. */
export function* upgradeStore(id: string, formats: FormatSupport): Procedure<Outcome<Header>> {
  const { header } = yield* requireState(id);
  if (header.writeFormat > formats.knows)
    throw new HoldallError("FORMAT_TOO_NEW", "A later version of Holdall has upgraded the store already");
  const upgraded = {
    ...header,
    readFormat: Math.max(header.readFormat, formats.read),
    writeFormat: Math.max(header.writeFormat, formats.write),
  };
  return { result: upgraded, writes: { header: upgraded } };
}

/** What removing a store depends on. */
export interface Removing extends Omit<Removal, "name">, Pick<Opening, "now" | "formats"> {}

/** Removes a store, and ends with whether it is gone. */
export function* removeStore({ id, ifEmpty = false, now, formats }: Removing): Procedure<Outcome<boolean>> {
  const state = yield* ask((shelf) => shelf.state());
  if (state === undefined || (id !== undefined && state.header.id !== id)) return { result: true };
  const { header, head } = state;
  if (header.writeFormat > formats.knows)
    throw new HoldallError(
      "FORMAT_TOO_NEW",
      "The store has a format that this version of Holdall cannot write, nor remove: use a later one",
    );
  if (ifEmpty && head.entries > 0 && (yield* hasEntryAt(Math.max(now, head.time)))) return { result: false };
  return { result: true, writes: { isRemoved: true } };
}

/** Forgets a replica that will not ask again. */
export function* forgetReplica(id: string, replica: string): Procedure<Outcome<void>> {
  const state = yield* ask((shelf) => shelf.state());
  return { result: undefined, ...(state?.header.id === id && { writes: { replicas: [[replica, undefined]] } }) };
}

/** Whether an entry has not expired by a time. */
function* hasEntryAt(time: Timestamp): Procedure<boolean> {
  let next: string | undefined;
  do {
    const page = yield* ask((shelf) => shelf.scan("", next));
    if (page.entries.some(([, record]) => deadlineOf(record) > time)) return true;
    next = page.next;
  } while (next !== undefined);
  return false;
}

function newStore(id: string, limits: StoreLimits = {}, time: Timestamp, { read, write }: FormatSupport): StoreState {
  const { maxEntries, maxBytes } = limits;
  const given = { ...(maxEntries !== undefined && { maxEntries }), ...(maxBytes !== undefined && { maxBytes }) };
  const head: HeadRecord = { number: 0, time, entries: 0, bytes: 0, earliest: Infinity, logFirst: 1, logBytes: 0 };
  return { header: { id, readFormat: read, writeFormat: write, limits: given }, head };
}

function requireSameLimits(present: StoreLimits, asked: StoreLimits = {}): void {
  for (const name of ["maxEntries", "maxBytes"] as const) {
    if (asked[name] !== undefined && asked[name] !== present[name]) {
      throw new HoldallTypeError(`${name} of the store is ${present[name] ?? "not limited"}, and what it was made with stays`);
    }
  }
}
