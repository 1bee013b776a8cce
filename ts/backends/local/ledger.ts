/**
 * Decides what comes of a commit: given the request, the backend's time and what is stored, what is answered and what is to be written. The
 * one decision of all local backends, which perform it within one transaction of theirs.
 *
 * It costs a look-up for each key that is named, a look at the log since the oldest range condition, and one at all entries under a prefix that is cleared.
 * Where a commit would pass the limits of its store, what has expired makes room first (`sweep.ts`).
 *
 * @module
 */

import { type ErrorCode, HoldallError } from "../../errors.js";
import type { Timestamp } from "../../store/types/index.js";
import type { CommitAnswer, CommitRequest, LogBounds, RangeCondition, StoreLimits } from "../backend.js";
import type { FormatSupport } from "./formats.js";
import { logCommit, logStep } from "./log.js";
import { firstTouched } from "./ranges.js";
import type { HeadRecord, ReplicaRecord } from "./records.js";
import { ask, type Outcome, type Procedure, type StoreState, together, type Writes } from "./shelf.js";
import { Staged, type Totals } from "./staged.js";
import { type Swept, sweep } from "./sweep.js";

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

/** What comes of a decision: an answer, or that room was made, and it has to be made again. */
export type Decision = CommitAnswer | Swept;

/** Decides a commit. */
export function* decideCommit(request: CommitRequest, terms: Terms): Procedure<Outcome<Decision>> {
  const keys = keysNamedBy(request);
  const [state, record, records] = yield* ask((shelf) => together([shelf.state(), shelf.replica(request.replica), shelf.entries(keys)]));
  const { header, head, next } = theStore(state, terms.id);
  const number = next ?? head.number + 1;
  const earlier = answeredEarlier(request, record);
  if (earlier !== undefined) return { result: earlier };
  if (header.writeFormat > terms.formats.knows) {
    return { result: refusal("FORMAT_TOO_NEW", "The store has a format that this version of Holdall cannot write") };
  }
  if (request.bytes.length > terms.maxCommitBytes) {
    return { result: refusal("COMMIT_TOO_LARGE", `A commit may have ${terms.maxCommitBytes} bytes, not ${request.bytes.length}`) };
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
  const totals = staged.totals(head);
  if (!fits(totals, header.limits)) {
    const { result = refusal("QUOTA_EXCEEDED", "The store would pass its limits"), writes } = yield* sweep(
      { header, head },
      { number, time },
      terms.log,
    );
    return { result, writes };
  }
  const { replica, counter, bytes } = request;
  const answer = { number, after: head.number, time, changed: true };
  const logged = { number, time, replica, counter, operations: bytes };
  const writes = yield* logCommit(logged, { store: header.id, head, totals, entries: staged.records() }, terms.log);
  return committed(answer, { ...writes, replicas: [[replica, { counter, ...answer }]] });
}

/**
 * Makes a commit: decides it, and again for as long as what has expired makes room for it.
 *
 * @param write - writes what a decision ends with, in one step
 */
export async function makeCommit(write: () => Promise<Decision>): Promise<CommitAnswer> {
  for (;;) {
    const decision = await write();
    if (decision.type !== "swept") return decision;
  }
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

function fits({ entries, bytes }: Totals, { maxEntries = Infinity, maxBytes = Infinity }: StoreLimits): boolean {
  return entries <= maxEntries && bytes <= maxBytes;
}

function committed(answer: Omit<ReplicaRecord, "counter">, writes: Writes): Outcome<CommitAnswer> {
  return { result: { type: "committed", ...answer }, writes };
}

function conflict({ number }: HeadRecord, key: string | undefined): Outcome<CommitAnswer> {
  return { result: { type: "conflict", number, ...(key !== undefined && { key }) } };
}

function refusal(code: ErrorCode, message: string): CommitAnswer {
  return { type: "refused", code, message };
}
