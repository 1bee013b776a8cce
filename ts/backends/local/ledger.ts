/**
 * Decides what comes of a commit: given the request, the backend's time and what is stored, what is answered and what is to be written. The
 * one decision of all local backends, which perform it within one transaction of theirs.
 *
 * It costs a look-up for each key that is named, a look at the log since the oldest range condition, and one at all entries under a prefix that is cleared.
 * A store with limits is looked through for what has expired, when a commit would pass them and something may have.
 *
 * @module
 */

import { type ErrorCode, HoldallError } from "../../errors.js";
import type { Timestamp } from "../../store/types/index.js";
import type { CommitAnswer, CommitRequest, RangeCondition } from "../backend.js";
import { deadlineOf } from "../entries.js";
import type { FormatSupport } from "./formats.js";
import { firstTouched } from "./ranges.js";
import type { HeadRecord, ReplicaRecord } from "./records.js";
import { ask, type Outcome, type Procedure, type StoreState, together, type Writes } from "./shelf.js";
import { Staged, type Totals } from "./staged.js";

/** How far a log reaches back: commits beyond either bound are trimmed, but never the last one. */
export interface LogBounds {
  /** The most commits. */
  readonly commits: number;
  /** The most bytes of operations. */
  readonly bytes: number;
}

/** What a decision depends on beside the request and the store. */
export interface Terms {
  /** The store that the replica has opened. */
  readonly id: string;
  /** The time on the backend's clock; the store's own never goes back. */
  readonly now: Timestamp;
  /** What this version reads and writes. */
  readonly formats: FormatSupport;
  /** The most bytes that operations may have. */
  readonly maxCommitBytes: number;
  /** How far the log reaches back. */
  readonly log: LogBounds;
}

/** How many commits of the log are looked at in one go. */
const logStep = 256;

/** Decides a commit. */
export function* decideCommit(request: CommitRequest, terms: Terms): Procedure<Outcome<CommitAnswer>> {
  const keys = keysNamedBy(request);
  const [state, record, records] = yield* ask((shelf) => together([shelf.state(), shelf.replica(request.replica), shelf.entries(keys)]));
  const { header, head, next } = theStore(state, terms.id);
  const number = next ?? head.number + 1;
  const earlier = answeredEarlier(request, record);
  if (earlier !== undefined) return { result: earlier };
  if (header.writeFormat > terms.formats.knows) {
    return refused("FORMAT_TOO_NEW", "The store has a format that this version of Holdall cannot write");
  }
  if (request.bytes.length > terms.maxCommitBytes) {
    return refused("COMMIT_TOO_LARGE", `A commit may have ${terms.maxCommitBytes} bytes, not ${request.bytes.length}`);
  }

  const time = Math.max(terms.now, head.time);
  const staged = new Staged(number, time);
  for (const [at, key] of keys.entries()) staged.add(key, records[at]);
  for (const operation of request.operations) if (operation.type === "clear") yield* readPrefix(operation.prefix, staged);
  for (const { key, version } of request.conditions) {
    if (staged.version(key) !== version) return conflict(head, key);
  }
  const touched = yield* findTouched(request, head);
  if (touched !== undefined) return conflict(head, touched.key);

  for (const operation of request.operations) staged.apply(operation);
  if (!staged.isChanged) {
    const answer = { number: head.number, after: head.number, time, changed: false };
    return committed(answer, { replicas: [[request.replica, { counter: request.counter, ...answer }]] });
  }
  const totals = yield* withinLimits(staged, { header, head }, time);
  if (totals === undefined) return refused("QUOTA_EXCEEDED", "The store would pass its limits");
  return yield* accept(request, staged, head, totals, { number, time }, terms.log);
}

/** The store, which must be the one that was opened. */
export function* requireState(id: string): Procedure<StoreState> {
  return theStore(yield* ask((shelf) => shelf.state()), id);
}

function theStore(state: StoreState | undefined, id: string): StoreState {
  if (state?.header.id !== id)
    throw new HoldallError("UNAVAILABLE", "The store has been removed or replaced since it was opened: load it anew");
  return state;
}

function answeredEarlier({ counter, isRetry }: CommitRequest, record: ReplicaRecord | undefined): CommitAnswer | undefined {
  if (record === undefined) return isRetry ? { type: "unknown" } : undefined;
  if (record.counter < counter) return undefined;
  // A straggler from before the last commit: what came of it is no longer known.
  if (record.counter > counter) return { type: "unknown" };
  const { number, after, time, changed } = record;
  return { type: "committed", number, after, time, changed };
}

/** The keys that a request names, each once. */
function keysNamedBy({ conditions, operations }: CommitRequest): string[] {
  const keys = new Set<string>();
  for (const { key } of conditions) keys.add(key);
  for (const operation of operations) if (operation.type !== "clear") keys.add(operation.key);
  return [...keys];
}

function* readPrefix(prefix: string, staged: Staged): Procedure<void> {
  let next: string | undefined;
  do {
    const page = yield* ask((shelf) => shelf.scan(prefix, next));
    for (const [key, record] of page.entries) staged.add(key, record);
    next = page.next;
  } while (next !== undefined);
}

/** Looks in the log for a commit that a range condition forbids. */
function* findTouched({ ranges, replica }: CommitRequest, head: HeadRecord): Procedure<{ readonly key: string | undefined } | undefined> {
  if (ranges.length === 0) return undefined;
  const isKnown = ({ since }: RangeCondition) => since >= head.logFirst - 1 && since <= head.number;
  if (!ranges.every(isKnown)) return { key: undefined };
  let position = Math.min(...ranges.map(({ since }) => since));
  while (position < head.number) {
    const from = position;
    const commits = yield* ask((shelf) => shelf.log(from, logStep));
    const touched = firstTouched(commits, ranges, replica);
    if (touched !== undefined) return touched;
    position = commits.at(-1)?.number ?? head.number;
  }
  return undefined;
}

/** What the totals become, or nothing when they pass the limits. */
function* withinLimits(staged: Staged, { header, head }: StoreState, time: Timestamp): Procedure<Totals | undefined> {
  const { maxEntries = Infinity, maxBytes = Infinity } = header.limits;
  const fits = ({ entries, bytes }: Totals) => entries <= maxEntries && bytes <= maxBytes;
  const totals = staged.totals(head);
  if (fits(totals)) return totals;
  if (totals.earliest > time) return undefined;
  // What has expired takes no room.
  const others = yield* readExpired(staged, time);
  staged.sweep();
  const swept = staged.totals({ ...head, earliest: Math.min(others, staged.earliest()) });
  return fits(swept) ? swept : undefined;
}

/** Reads in all that has expired; returns the earliest deadline of what is not read in. */
function* readExpired(staged: Staged, time: Timestamp): Procedure<Timestamp> {
  let earliest = Infinity;
  let next: string | undefined;
  do {
    const page = yield* ask((shelf) => shelf.scan("", next));
    for (const [key, record] of page.entries) {
      if (staged.knows(key)) continue;
      const deadline = deadlineOf(record);
      if (deadline <= time) staged.add(key, record);
      else earliest = Math.min(earliest, deadline);
    }
    next = page.next;
  } while (next !== undefined);
  return earliest;
}

function* accept(
  request: CommitRequest,
  staged: Staged,
  head: HeadRecord,
  totals: Totals,
  { number, time }: Pick<ReplicaRecord, "number" | "time">,
  bounds: LogBounds,
): Procedure<Outcome<CommitAnswer>> {
  const { replica, counter, bytes } = request;
  const answer = { number, after: head.number, time, changed: true };
  const log = yield* trim({ ...head, number: answer.number, logBytes: head.logBytes + bytes.length }, bounds);
  return committed(answer, {
    head: { ...totals, number: answer.number, time, ...log },
    replicas: [[replica, { counter, ...answer }]],
    entries: staged.records(),
    logged: { number: answer.number, time, replica, counter, operations: bytes },
    ...(log.logFirst > head.logFirst && { trimmed: [head.logFirst, log.logFirst] as const }),
  });
}

/** Where the log begins from now on, a commit longer as it is. Most commits drop one for the one they add; some have more to make up for. */
function* trim(head: HeadRecord, bounds: LogBounds): Procedure<Pick<HeadRecord, "logFirst" | "logBytes">> {
  let { logFirst, logBytes } = head;
  const isBeyond = () => logFirst < head.number && (head.number - logFirst >= bounds.commits || logBytes > bounds.bytes);
  for (let step = 2; isBeyond(); step = Math.min(step * 2, logStep)) {
    const [after, limit] = [logFirst - 1, step];
    for (const { number, operations } of yield* ask((shelf) => shelf.log(after, limit))) {
      if (!isBeyond()) break;
      logFirst = number + 1;
      logBytes -= operations.length;
    }
  }
  return { logFirst, logBytes };
}

function committed(answer: Omit<ReplicaRecord, "counter">, writes: Writes): Outcome<CommitAnswer> {
  return { result: { type: "committed", ...answer }, writes };
}

function conflict({ number }: HeadRecord, key: string | undefined): Outcome<CommitAnswer> {
  return { result: { type: "conflict", number, ...(key !== undefined && { key }) } };
}

function refused(code: ErrorCode, message: string): Outcome<CommitAnswer> {
  return { result: { type: "refused", code, message } };
}
