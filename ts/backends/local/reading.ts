/**
 * What a replica reads of a store: its head, its entries in parts, and its log.
 *
 * @module
 */

import type { Timestamp } from "../../store/types/index.js";
import type { Head, LoggedCommit } from "../backend.js";
import { requireState } from "./ledger.js";
import { ask, type KeyedRecord, type Page, type Procedure } from "./shelf.js";

/** News from a log. */
export interface News {
  /** The commits, in their order. */
  readonly commits: readonly LoggedCommit[];
  /** All commits up to this number are told. */
  readonly through: number;
  /** The backend's time. */
  readonly time: Timestamp;
  /** Whether there is more. */
  readonly hasMore: boolean;
}

/** The most commits that are told in one go. */
const mostCommits = 1_000;

/** Whether the store is there, and the one that was opened. */
export function* isThere(id: string): Procedure<boolean> {
  return (yield* ask((shelf) => shelf.state()))?.header.id === id;
}

/** Reads the head. */
export function* readHead(id: string, now: Timestamp): Procedure<Head> {
  const { head } = yield* requireState(id);
  return { number: head.number, time: Math.max(now, head.time), id };
}

/** Reads some entries. */
export function* readPage(prefix: string, after: string | undefined): Procedure<Page> {
  return yield* ask((shelf) => shelf.scan(prefix, after));
}

/** Reads the log after a number; ends with nothing where it does not reach back to it, or not so far. */
export function* readLog(id: string, after: number, now: Timestamp): Procedure<News | undefined> {
  const state = yield* ask((shelf) => shelf.state());
  if (state?.header.id !== id) return undefined;
  const { number, logFirst, time } = state.head;
  if (after > number || after < logFirst - 1) return undefined;
  const commits = after < number ? yield* ask((shelf) => shelf.log(after, mostCommits)) : [];
  const through = commits.at(-1)?.number ?? number;
  return { commits, through, time: Math.max(now, time), hasMore: through < number };
}

/** The bytes after which a part of a loading is handed on. */
const partBytes = 256 * 1024;

/** Cuts entries into parts of some hundred kilobytes. */
export function* partsOf(entries: readonly KeyedRecord[]): Generator<readonly KeyedRecord[]> {
  let part: KeyedRecord[] = [];
  let bytes = 0;
  for (const entry of entries) {
    part.push(entry);
    bytes += entry[0].length + entry[1].length;
    if (bytes < partBytes) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}
