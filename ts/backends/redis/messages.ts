/**
 * The message that tells those who follow of a commit: **a durable format**, as the log is.
 *
 * Numbers are little-endian, a text or bytes is a `u32` length and the (UTF-8) bytes: number, time and counter of the commit as `f64`; the mark before it, its own mark
 * and its replica as texts; then a `u8` 1 and its operations as bytes, or, where those are many, a `u8` 0 and what all of its keys begin with as a text.
 *
 * @module
 */

import type { LoggedCommit } from "../backend.js";
import { RecordReader } from "../record.js";

/** The most bytes of operations that are sent with a message; those of larger commits are read from the log by those whom they concern. */
export const pushedBytes = 4_096;

/** What is told of a commit. */
export interface Message {
  /** Its number. */
  readonly number: number;
  /** The backend's time. */
  readonly time: number;
  /** The mark of the commit before it. */
  readonly before: string;
  /** Its own mark. */
  readonly mark: string;
  /** The commit, where it came along. */
  readonly commit?: LoggedCommit;
  /** Else what all keys that it names begin with. */
  readonly shared: string;
}

/** Reads a message; throws `CORRUPTED` for what is none. */
export function readMessage(bytes: Uint8Array): Message {
  const reader = new RecordReader(bytes);
  const number = reader.f64();
  const time = reader.f64();
  const counter = reader.f64();
  const before = reader.text();
  const mark = reader.text();
  const replica = reader.text();
  if (reader.u8() === 0) return { number, time, before, mark, shared: reader.text() };
  return { number, time, before, mark, commit: { number, time, replica, counter, operations: reader.bytes() }, shared: "" };
}

/** Whether a commit may concern the keys of a scope. */
export function concerns({ commit, shared }: Message, scope: string): boolean {
  return commit !== undefined || shared.startsWith(scope) || scope.startsWith(shared);
}
