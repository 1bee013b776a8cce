/**
 * What listeners hear, and how they choose it.
 *
 * @module
 */

import type { DeepReadonly, Ttl, Value } from "./values.js";

/** What happened to an entry: `evict` makes room in a bounded store, `meta` changes tags, properties, description or deadline only. */
export type ChangeType = "set" | "delete" | "expire" | "evict" | "meta";

/** Where a change came from. A plain store knows `local` only. */
export type Origin = "local" | "remote" | "load" | "rollback";

/** The net effect of one commit on one key. */
export interface Change<T = Value> {
  /** What happened. */
  readonly type: ChangeType;
  /** The key, relative to the scope that is watched. */
  readonly key: string;
  /** The value after the commit, `undefined` when the entry is gone. */
  readonly value: DeepReadonly<T> | undefined;
  /** The value before the commit, `undefined` when there was none. */
  readonly previous: DeepReadonly<T> | undefined;
  /** The commit's number. */
  readonly version: number;
  /** Where the change came from. */
  readonly origin: Origin;
}

/** One atomic change of the store, with its net effects in key order. */
export interface Commit {
  /** The commit's number. */
  readonly version: number;
  /** Where it came from. */
  readonly origin: Origin;
  /** What changed here, in the order of keys. */
  readonly changes: readonly Change[];
}

/** A commit of a feed, and where in the history it stands. */
export interface RecordedCommit extends Commit {
  /** Names the store and the place behind this commit: `changes({ since: cursor })` goes on there. Opaque, and of no use to another store. */
  readonly cursor: string;
}

/** Options of `changes`. */
export interface ChangesOptions {
  /** Where to go on: the `cursor` of a commit or of a feed of this store or any scope of it, or of a status or another replica of it. Default: now. */
  readonly since?: string | undefined;
}

/**
 * The commits of a view, one after the other. `next` rejects with `CURSOR_TOO_OLD` when the history no longer reaches back to where the
 * feed stands (it never skips), and with `CLOSED` when the store is disposed of. Leaving a `for await`, or `return`, ends it.
 */
export interface ChangeFeed extends AsyncIterableIterator<RecordedCommit, undefined> {
  /** Where the feed stands, behind what it has given so far; at first where it began. */
  readonly cursor: string;
  /** Ends the feed: who waits for a commit, and who asks later, is told that it is done. */
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** Which changes to hear: one key, all keys with a prefix, all entries with a tag (before or after the change), or those a function picks, at once. */
export type WatchTarget =
  | string
  | {
      /** Keys that begin with this. */
      readonly prefix: string;
    }
  | {
      /** Entries that have this tag before or after the change. */
      readonly tag: string;
      /** Of those, only keys that begin with this. */
      readonly prefix?: string;
    }
  | ((key: string) => boolean);

/** Hears one change. When it returns a promise that is rejected, that is reported as what it throws is. */
export type ChangeListener<T = Value> = (change: Change<T>) => void;

/** Hears one commit, as a `ChangeListener` hears a change. */
export type CommitListener = (commit: Commit) => void;

/**
 * What an awaited value has to meet; `undefined` where the entry is missing. Whatever is truthy is a yes, but for a promise, which is refused with
 * `INVALID_ARGUMENT`.
 */
export type WaitPredicate<T = Value> = (value: DeepReadonly<T> | undefined) => unknown;

/** Options of `waitFor`. */
export interface WaitOptions {
  /** How long to wait at most, by the store's clock, in ms or text such as `"5s"`. Default `null`: for ever. */
  readonly timeout?: Ttl | undefined;
  /** Ends the waiting when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Ends a subscription. Calling it again does nothing. */
export type Unsubscribe = () => void;
