/**
 * What the local backends differ in: where the records of a store lie. All that is decided about them is written once, as procedures that ask a
 * {@link Shelf} for what they have to know and end with what is to be written; a medium runs each procedure within one transaction of its own.
 *
 * A procedure is a generator, so that media that answer at once (a map, LMDB) and media that answer later (IndexedDB) run the same one. It keeps nothing
 * between two runs, so a medium may run it again when its transaction has failed.
 *
 * @module
 */

import type { Header, LoggedCommit } from "../backend.js";
import type { HeadRecord, ReplicaRecord } from "./records.js";

/** A value, at once or later. */
export type Awaitable<T> = T | Promise<T>;

/** What is kept about a store as a whole. */
export interface StoreState {
  /** What it is. */
  readonly header: Header;
  /** How far it is. */
  readonly head: HeadRecord;
  /** The number of the next commit, where that need not be the one behind the last. */
  readonly next?: number | undefined;
}

/** The record of an entry, under its full key. */
export type KeyedRecord = readonly [key: string, record: Uint8Array];

/** Some of the entries that were asked for. */
export interface Page {
  /** The entries. */
  readonly entries: readonly KeyedRecord[];
  /** The key to ask for more after; missing where these were the last. */
  readonly next?: string | undefined;
}

/** The records of one store, as they are within one transaction. */
export interface Shelf {
  /** The store, where it was made. */
  state(): Awaitable<StoreState | undefined>;
  /** What is known of a replica. */
  replica(id: string): Awaitable<ReplicaRecord | undefined>;
  /** What is known of all replicas. */
  replicas(): Awaitable<readonly (readonly [id: string, record: ReplicaRecord])[]>;
  /** The records of these keys, in their order. */
  entries(keys: readonly string[]): Awaitable<readonly (Uint8Array | undefined)[]>;
  /**
   * Entries whose keys begin with a prefix: at least one where there is one, and as many as the medium likes to give at once. Their order is the medium's, and
   * stays: pages are read one after the other, each in a step of its own, and an entry that is there all the while is in one of them.
   *
   * @param after - only what comes behind this key, the `next` of a page before, which may have gone since
   */
  scan(prefix: string, after?: string): Awaitable<Page>;
  /** The commits after a number, in their order: at least one where there is one, at most `limit`, and fewer where they are large. */
  log(after: number, limit: number): Awaitable<readonly LoggedCommit[]>;
}

/** What a procedure changes, all of it or nothing. */
export interface Writes {
  /** The header from now on. */
  readonly header?: Header | undefined;
  /** The head from now on. */
  readonly head?: HeadRecord | undefined;
  /** Records of replicas from now on; `undefined` removes one. */
  readonly replicas?: Iterable<readonly [id: string, record: ReplicaRecord | undefined]> | undefined;
  /** Records of entries from now on; `undefined` removes one. They may be views of a larger buffer: copy what is kept in memory. */
  readonly entries?: ReadonlyMap<string, Uint8Array | undefined> | undefined;
  /** The commit to add to the log. */
  readonly logged?: LoggedCommit | undefined;
  /** The id of the store that the commit is one of. */
  readonly store?: string | undefined;
  /** The commits of the log to remove: from the first number to before the second. */
  readonly trimmed?: readonly [first: number, end: number] | undefined;
  /** All records of the store are removed, whatever they are, and nothing else is written. */
  readonly isRemoved?: boolean | undefined;
}

/** How a procedure ends: with what came of it, and what is to be written. */
export interface Outcome<Result> {
  /** What came of it. */
  readonly result: Result;
  /** What is to be written; nothing where it is missing. */
  readonly writes?: Writes | undefined;
}

/** A question to a shelf. */
export type Question = (shelf: Shelf) => unknown;

/** Asks questions until it has an end. */
export type Procedure<End> = Generator<Question, End, never>;

/** Hears that a store may have got commits: which one, where this process has made it, and the id of its store, which another of that name may have replaced. */
export type Listener = (logged?: LoggedCommit, store?: string) => void;

/** Where the records of stores lie. Rejects as a backend does. */
export interface Medium {
  /** Whether the platform promises to keep the data; where it makes no such difference, left out. */
  readonly persisted?: boolean | undefined;
  /** Runs a procedure and writes what it ends with, in one step that no other write comes between; resolves when that is durable. */
  write<Result>(name: string, procedure: () => Procedure<Outcome<Result>>): Promise<Result>;
  /** Runs a procedure that only reads, on one state of the store. */
  read<End>(name: string, procedure: () => Procedure<End>): Promise<End>;
  /** Calls a listener when a store may have got commits, of whichever process, with the commit where this one has made it; returns how to end that. */
  watch(name: string, listener: Listener): () => void;
  /** Releases what it holds, when what was asked for is done. */
  close(): Promise<void>;
}

/** Asks a question within a procedure. */
export function* ask<Answer>(question: (shelf: Shelf) => Awaitable<Answer>): Procedure<Answer> {
  return (yield question) as Answer;
}

/** Several answers as one, for a question that asks for them at once: a medium that answers later is waited for once. */
export function together<Answers extends readonly unknown[]>(
  answers: { readonly [Place in keyof Answers]: Awaitable<Answers[Place]> },
): Awaitable<Answers>;
export function together(answers: readonly unknown[]): Awaitable<readonly unknown[]> {
  return answers.some((answer) => answer instanceof Promise) ? Promise.all(answers) : answers;
}

/** Runs a procedure on a shelf that answers at once. */
export function runAtOnce<End>(procedure: Procedure<End>, shelf: Shelf): End {
  let step = procedure.next();
  while (!step.done) step = procedure.next(step.value(shelf) as never);
  return step.value;
}

/** Runs a procedure on a shelf that answers later; nothing but its answers is waited for in between. */
export async function runLater<End>(procedure: Procedure<End>, shelf: Shelf): Promise<End> {
  let step = procedure.next();
  while (!step.done) step = procedure.next((await step.value(shelf)) as never);
  return step.value;
}
