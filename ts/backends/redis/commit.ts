/**
 * A commit on its way to the script that applies it, and the script's answer.
 *
 * @module
 */

import { type ErrorCode, HoldallError } from "../../errors.js";
import {
  type CommitAnswer,
  type CommitRequest,
  type Condition,
  type LogBounds,
  logBytes,
  logCommits,
  type RangeCondition,
} from "../backend.js";
import { RecordWriter } from "../record.js";
import { clientBytes, numberOf, type Reply, textOf } from "./bytes.js";

/** A point of a store's history. */
export interface Point {
  /** The number of a commit. */
  readonly number: number;
  /** Its mark. */
  readonly mark: string;
}

/** What a commit is sent with beside the request. */
export interface CommitTerms {
  /** The id of the store that was opened. */
  readonly id: string;
  /** The latest format that this version knows. */
  readonly format: number;
  /** The last commit that is known here. Conditions mean this history, and no other. */
  readonly known: Point;
  /** The channel that it is told on. */
  readonly channel: string;
  /** How far the log reaches back. */
  readonly log: LogBounds;
}

/** How far logs reach back. */
export const logBounds: LogBounds = { commits: logCommits, bytes: logBytes };

/** Counts what is sent, so that what was sent earlier can be told from it. */
let sendings = 0;

/** What the script is given: terms and numbers as one record, since each argument costs the client and the server a part of a microsecond or more. */
export function commitParameters(request: CommitRequest, { id, format, known, channel, log }: CommitTerms): unknown[] {
  const { replica, counter, isRetry, conditions, ranges, bytes } = request;
  const writer = new RecordWriter();
  writer.text(id);
  writer.f64(format);
  writer.text(replica);
  writer.f64(counter);
  writer.u8(isRetry ? 1 : 0);
  writer.f64(known.number);
  writer.text(known.mark);
  writer.f64(log.commits);
  writer.f64(log.bytes);
  writer.text(channel);
  writer.f64(++sendings);
  return [clientBytes(writer.finish()), clientBytes(bytes), listOf(conditions, writeCondition), listOf(ranges, writeRange)];
}

/** A list, one item behind the other; most commits have none. */
function listOf<T>(items: readonly T[], write: (writer: RecordWriter, item: T) => void): Uint8Array | string {
  if (items.length === 0) return "";
  const writer = new RecordWriter();
  for (const item of items) write(writer, item);
  return clientBytes(writer.finish());
}

function writeCondition(writer: RecordWriter, { key, version }: Condition): void {
  writer.text(key);
  writer.f64(version);
}

function writeRange(writer: RecordWriter, { prefix, after, reverse, since, own }: RangeCondition): void {
  writer.text(prefix);
  writer.u8((after === undefined ? 0 : 1) + (reverse ? 2 : 0));
  writer.text(after ?? "");
  writer.f64(since);
  writer.f64(own);
}

/** What the script has answered. */
export interface ReadAnswer {
  /** The answer; `"swept"` when what has expired made room in place of the commit, `"gone"` when the store that was opened is no longer there. */
  readonly answer: CommitAnswer | "swept" | "gone";
  /** Whether what is known here is part of the store's history; else it has lost commits, or is another. */
  readonly isSame: boolean;
  /** The mark of a commit that was applied now and changed something. */
  readonly mark: string | undefined;
}

const refusals: Readonly<Record<string, string>> = {
  FORMAT_TOO_NEW: "The store has a format that this version of Holdall cannot write",
  QUOTA_EXCEEDED: "The store would pass its limits",
};

/** Reads an answer. */
export function readAnswer(reply: Reply): ReadAnswer {
  const [type, first, second, third, fourth, mark, isSame] = reply;
  switch (textOf(type)) {
    case "committed": {
      const changed = textOf(fourth) === "1";
      const answer = { type: "committed", number: numberOf(first), after: numberOf(second), time: numberOf(third), changed } as const;
      return { answer, isSame: textOf(isSame) === "1", mark: (changed && textOf(mark)) || undefined };
    }
    case "conflict": {
      const key = third ? { key: textOf(third) } : {};
      return { answer: { type: "conflict", number: numberOf(first), ...key }, isSame: textOf(second) === "1", mark: undefined };
    }
    case "refused": {
      const code = textOf(first) as ErrorCode;
      return { answer: { type: "refused", code, message: refusals[code] ?? code }, isSame: true, mark: undefined };
    }
    case "unknown":
      return { answer: { type: "unknown" }, isSame: true, mark: undefined };
    case "swept":
      return { answer: "swept", isSame: true, mark: undefined };
    case "gone":
      return { answer: "gone", isSame: false, mark: undefined };
    default:
      throw new HoldallError("CORRUPTED", "The script that applies commits has answered what it never does");
  }
}
