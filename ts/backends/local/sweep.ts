/**
 * Makes room in a store with limits: what has expired takes none, but lies there until somebody asks for its removal. Where a commit would pass the
 * limits, some of it is removed first, as a commit of its own that the log tells, so that every feed hears that it has expired.
 *
 * @module
 */

import type { Timestamp } from "../../store/types/index.js";
import { type LogBounds, nobody, sweptAtOnce } from "../backend.js";
import { deadlineOf, decodeEntry, versionOf } from "../entries.js";
import { encodeOperations, type Operation } from "../operations.js";
import { logCommit } from "./log.js";
import type { ReplicaRecord } from "./records.js";
import { ask, type KeyedRecord, type Outcome, type Procedure, type StoreState } from "./shelf.js";
import { Staged } from "./staged.js";

/** What has expired was removed: there may be room now. */
export interface Swept {
  /** What became of the store. */
  readonly type: "swept";
}

/**
 * Removes some of what has expired. Where nothing has, the result is missing, and what is written, if anything is, spares the next one the same look: it costs one at the
 * entries up to the last of those that go.
 */
export function* sweep(
  { header, head }: StoreState,
  { number, time }: Pick<ReplicaRecord, "number" | "time">,
  bounds: LogBounds,
): Procedure<Outcome<Swept | undefined>> {
  if (head.earliest > time) return { result: undefined };
  const { expired, earliest = head.earliest } = yield* findExpired(time);
  if (expired.length === 0) return { result: undefined, writes: { head: { ...head, earliest } } };
  const staged = new Staged(number, time);
  const operations: Operation[] = [];
  for (const [key, record] of expired) {
    staged.add(key, record);
    operations.push({ type: "expire", key, version: versionOf(decodeEntry(record)) });
  }
  for (const operation of operations) staged.apply(operation);
  const logged = { number, time, replica: nobody, counter: 0, operations: encodeOperations(operations) };
  const made = { store: header.id, head, totals: staged.totals({ ...head, earliest }), entries: staged.records() };
  return { result: { type: "swept" }, writes: yield* logCommit(logged, made, bounds) };
}

interface Found {
  readonly expired: readonly KeyedRecord[];
  /** The earliest deadline of all others, where all were looked at. */
  readonly earliest: Timestamp | undefined;
}

function* findExpired(time: Timestamp): Procedure<Found> {
  const expired: KeyedRecord[] = [];
  let earliest = Infinity;
  let next: string | undefined;
  do {
    const page = yield* ask((shelf) => shelf.scan("", next));
    for (const keyed of page.entries) {
      const deadline = deadlineOf(keyed[1]);
      if (deadline > time) earliest = Math.min(earliest, deadline);
      else if (expired.push(keyed) === sweptAtOnce) return { expired, earliest: undefined };
    }
    next = page.next;
  } while (next !== undefined);
  return { expired, earliest };
}
