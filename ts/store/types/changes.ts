/**
 * What listeners hear, and how they choose it.
 *
 * @module
 */

import type { DeepReadonly, Value } from "./values.js";

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

/** Which changes to hear: one key, all keys with a prefix, all entries with a tag (before or after the change), or those a function picks. */
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

/** Hears one change. */
export type ChangeListener<T = Value> = (change: Change<T>) => void;

/** Hears one commit. */
export type CommitListener = (commit: Commit) => void;

/** Ends a subscription. Calling it again does nothing. */
export type Unsubscribe = () => void;
