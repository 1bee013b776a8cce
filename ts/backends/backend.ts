/**
 * What a backend is: the narrow contract between a replica and the place where its store is kept.
 *
 * A backend sees commits, not calls. It gives each commit that changes something the next number of its store, applies it all or not at all,
 * keeps it in a log, and tells the log to those who follow. Everything else (local reads, pending writes, retries, rollback, listeners) is the
 * replica's, once for all backends. To add a backend is to implement {@link Backend}, with what `holdall/backends` has for that, and to run the suites of
 * `holdall/testing` on it.
 *
 * What must always hold, whatever fails:
 * - **Atomic.** A commit is applied whole or not at all, and checked and applied in one step that no other commit comes between.
 * - **Ordered.** Numbers of one store go up; who follows hears commits in their order, none twice and none left out.
 * - **Exactly once.** What each replica committed last is recorded in the same step, so that sending it again gives the first answer.
 * - **In turn.** What a replica sends arrives in the order in which it was sent: once a later attempt is answered, an earlier one of the same commit that
 *   is still on its way is never applied.
 * - **The same store.** No commit is applied when the store that it was opened with has been replaced by another under its name: it is refused, a conflict,
 *   or a passing failure, until what is there is loaded.
 * - **Removed for good.** A store goes with all that is kept of it, in one step that no commit comes between. Who has it open finds it replaced; a removal that
 *   arrives late removes no store that was made since.
 * - **Kept.** What was answered `committed` survives to the strength of {@link Capabilities.durability}.
 *
 * @module
 */

import type { ErrorCode } from "../errors.js";
import type { Milliseconds, Timestamp } from "../store/types/index.js";
import type { Operation } from "./operations.js";

/** What a commit that was acknowledged survives: nothing, a crash of the machine, or the loss of a machine. */
export type Durability = "memory" | "fsync" | "replicated";

/**
 * What a backend can do. What it cannot is refused with `NOT_SUPPORTED`, never weakened silently.
 *
 * A store asks where a call says what it wants: `set`, `compareAndSet`, a ttl, metadata, limits. What only comes about within (the results of `update` and `transaction`,
 * what `merge`, `import` and `restore` bring) is in the commit, and a backend refuses that with the same code: nothing of it has been shown.
 */
export interface Capabilities {
  /** What a commit survives once it is acknowledged. */
  readonly durability: Durability;
  /** The most bytes that the encoded operations of one commit may have; `COMMIT_TOO_LARGE` beyond. */
  readonly maxCommitBytes: number;
  /** The commits that a log keeps at least, where it cannot keep {@link logCommits}: who is further behind loads anew, and range conditions that reach back further conflict. */
  readonly logCommits?: number | undefined;
  /**
   * Whether it keeps when and by which commit each entry was changed, and some commits for those who open the store later. Default `true`. Where not, an entry that is loaded
   * counts as changed by the last commit, so a version that was handed to another process may be a conflict there though nothing has changed.
   */
  readonly history?: boolean | undefined;
  /** Which values it can hold: any, or strings only. */
  readonly values: "any" | "string";
  /** Whether entries can have a deadline. */
  readonly expiry: boolean;
  /** Whether entries can have tags, properties and a description. */
  readonly metadata: boolean;
  /** Whether a replica can hold a scope only. */
  readonly scopes: boolean;
  /** Whether one connection holds many named stores. */
  readonly names: boolean;
  /** Whether it holds `maxEntries` and `maxBytes` of a store, exactly. */
  readonly limits: boolean;
  /** Whether stores can be removed. Default `true`. */
  readonly removal?: boolean | undefined;
}

/**
 * How much a store may hold, over all its replicas; what would pass it is refused with `QUOTA_EXCEEDED`. What has expired takes no room: where that
 * lies in the way of a commit, some is removed first, as a commit of {@link nobody} in the log.
 */
export interface StoreLimits {
  /** At most so many entries. */
  readonly maxEntries?: number | undefined;
  /** At most so many bytes: UTF-8 keys, encoded values and metadata. */
  readonly maxBytes?: number | undefined;
}

/** What a replica asks for when it opens a store. */
export interface OpenRequest {
  /** The store's name; another name is another store. */
  readonly name: string;
  /** What the keys that the replica holds begin with, such as `user:`; empty for all. */
  readonly scope: string;
  /** Names this replica, differently at each opening. */
  readonly replica: string;
  /** The limits of a store that is made now. Those of one that is there have to be the same (`INVALID_ARGUMENT`), or not given. */
  readonly limits?: StoreLimits | undefined;
}

/** Which store to remove. */
export interface Removal {
  /** The store's name. */
  readonly name: string;
  /** The id of its header: another store under the name is left alone. Where it is left out, the one that is there when the backend is asked. */
  readonly id?: string | undefined;
  /** Only when it has no entry; what has expired is none. Default `false`. */
  readonly ifEmpty?: boolean | undefined;
}

/** What the backend keeps about a store as a whole. */
export interface Header {
  /** Names the store; made with it, and made anew when its data is lost or replaced. */
  readonly id: string;
  /** The format that a version has to know to read it. */
  readonly readFormat: number;
  /** The format that a version has to know to write it. */
  readonly writeFormat: number;
  /** How much it may hold. */
  readonly limits: StoreLimits;
}

/** What must hold when a commit is applied: an entry has this version, 0 for "is missing or has expired". */
export interface Condition {
  /** The full key. */
  readonly key: string;
  /** The number of the commit that last changed the entry, its value or its metadata. */
  readonly version: number;
}

/** What must hold when a commit is applied: nothing in a range of keys has changed after a commit. */
export interface RangeCondition {
  /** What the keys begin with. */
  readonly prefix: string;
  /** Only keys beyond this full key: greater, or with `reverse` less. */
  readonly after?: string | undefined;
  /** The direction of `after`. */
  readonly reverse: boolean;
  /** The number of the last commit that was known. When the log no longer reaches back to it, the answer is a conflict. */
  readonly since: number;
  /** Commits of the same replica up to this counter do not count, nor do {@link nobody}'s: what those remove was missing already. */
  readonly own: number;
}

/** A commit as a replica sends it. */
export interface CommitRequest {
  /** The replica that sends it. */
  readonly replica: string;
  /** Grows with each commit of the replica. Sending a commit again has the same one. */
  readonly counter: number;
  /** Whether it may have arrived before. */
  readonly isRetry: boolean;
  /** All must hold, else the answer is a conflict. */
  readonly conditions: readonly Condition[];
  /** All must hold, else the answer is a conflict. */
  readonly ranges: readonly RangeCondition[];
  /** What it does, in this order, with full keys. Decoded from `bytes` when it is first asked for. */
  readonly operations: readonly Operation[];
  /** The same, as `encodeOperations` of `holdall/backends` writes it: what a log can keep and hand to followers as it is. */
  readonly bytes: Uint8Array;
}

/** What came of a commit. A rejection instead is a passing failure: the commit is sent again, with `isRetry`. */
export type CommitAnswer =
  /** It is applied and durable. */
  | {
      /** What became of it. */
      readonly type: "committed";
      /** Its number; of a commit that changed nothing, the number of the store's last commit. */
      readonly number: number;
      /** The number of the commit before it: a replica that has applied that one can apply this one. */
      readonly after: number;
      /** The backend's time at the commit, which its deadlines count from. */
      readonly time: Timestamp;
      /** Whether it changed anything, and so has a number of its own and stands in the log. */
      readonly changed: boolean;
    }
  /** A condition does not hold; nothing changed. */
  | {
      /** What became of it. */
      readonly type: "conflict";
      /** The first key that was found changed, where it is known. */
      readonly key?: string | undefined;
      /** The number of the store's last commit: who has applied it knows why. */
      readonly number: number;
    }
  /** It will never be applied as it is; nothing changed. */
  | {
      /** What became of it. */
      readonly type: "refused";
      /** Why, as its caller gets it. */
      readonly code: ErrorCode;
      /** Why, in words. */
      readonly message: string;
    }
  /** It was sent again, and what would tell whether it was applied is gone. */
  | {
      /** What became of it. */
      readonly type: "unknown";
    };

/** A commit as the log tells it. */
export interface LoggedCommit {
  /** Its number. */
  readonly number: number;
  /** The backend's time when it was applied. */
  readonly time: Timestamp;
  /** The replica that sent it; {@link nobody} where the backend has removed what has expired to make room for a commit. */
  readonly replica: string;
  /** The counter that it was sent with; 0 where nobody sent it. */
  readonly counter: number;
  /** What it did, as `encodeOperations` of `holdall/backends` writes it. Those on keys outside of the scope that was opened may be left out, or not. */
  readonly operations: Uint8Array;
}

/** A store's head: how far its log goes. */
export interface Head {
  /** The number of its last commit; 0 in a new store. */
  readonly number: number;
  /** The backend's time now. */
  readonly time: Timestamp;
  /** The header's `id`, which tells whether it is still the same store. */
  readonly id: string;
}

/** The contents of a store, on their way to a replica. */
export interface Loading {
  /** The head when the loading began. */
  readonly head: Head;
  /**
   * The entries of the scope, as `partOf` of `holdall/backends` writes them, in parts of some hundred kilobytes and any order. They may be
   * newer than the head: the replica follows from the head on, and passes over what an entry has in it already. Entries that have expired and
   * are not removed yet may be among them.
   */
  readonly parts: AsyncIterable<Uint8Array>;
}

/** Hears the log of a store. */
export interface LogSink {
  /**
   * Commits, in their order.
   *
   * @param through - every commit up to this number that concerns the scope has been told now
   * @param time - the backend's time, where it is known
   */
  commits(commits: readonly LoggedCommit[], through: number, time?: Timestamp): void;
  /** The log does not reach back far enough, goes less far than the replica, or is another store's: the replica loads anew. Ends the following. */
  gap(): void;
  /** The following has broken off; the replica asks for it again. Ends the following. */
  failed(error: unknown): void;
}

/** A log that is being followed. */
export interface Following {
  /** Looks for news now, where it would do so later. */
  nudge(): void;
  /** Ends it; the sink hears nothing more. Idempotent. */
  stop(): void;
}

/** One store of a backend, opened by one replica. */
export interface BackendStore {
  /** What is kept about the store that was opened, or of the one in its place from when that was loaded: the one that commits go to. */
  readonly header: Header;
  /** Whether this version may write it; else its replica is a reader. */
  readonly isWritable: boolean;
  /** Whether the platform promises not to throw the data away under pressure; where it makes no such difference, left out. */
  readonly persisted?: boolean | undefined;
  /** Begins to load what the store holds in the scope. */
  load(): Promise<Loading>;
  /**
   * Applies a commit, and resolves when it is durable. A replica calls it again only after it has settled; what was sent may be on its way still when it
   * has rejected, and comes before what is sent then.
   */
  commit(request: CommitRequest): Promise<CommitAnswer>;
  /** Tells the commits after a number, now and from now on. One at a time. */
  follow(after: number, sink: LogSink): Following;
  /** The head, read from the backend now. */
  head(): Promise<Head>;
  /** Raises the formats of the store to the latest that this version knows, so that older versions become readers or are refused. */
  upgrade(): Promise<Header>;
  /** Releases what it holds, and makes no store any more, as a load under way may. Idempotent. */
  close(): Promise<void>;
}

/**
 * A place where stores are kept: a connection that holds many named stores.
 *
 * Rejections are `HoldallError`s: `UNAVAILABLE` for what may pass, `FORMAT_TOO_NEW`, `NOT_SUPPORTED`, `INVALID_ARGUMENT`, or `CORRUPTED` for data that is
 * damaged or not Holdall's, which is left as it is.
 */
export interface Backend {
  /** What it is, for messages: `memory`, `file`, `redis` … */
  readonly kind: string;
  /** What it can do. */
  readonly capabilities: Capabilities;
  /** Opens a store, and makes it where it is missing. */
  open(request: OpenRequest): Promise<BackendStore>;
  /**
   * Removes a store, and resolves when that is durable: `true` when it is gone, also where there was none or another; `false` when it has entries and was to be
   * removed only without. `FORMAT_TOO_NEW` for one that this version may not write; after `UNAVAILABLE` it may be gone.
   */
  remove(removal: Removal): Promise<boolean>;
  /** Closes the connection; stores of it that are open reject with `CLOSED`. Idempotent. */
  close(): Promise<void>;
}

/** How long a backend keeps what it knows of a replica that is silent: after that an outcome that is asked for again may be unknown. */
export const replicaMemory: Milliseconds = 7 * 86_400_000;

/** How far a log reaches back: commits beyond either bound are trimmed, but never the last one. */
export interface LogBounds {
  /** The most commits. */
  readonly commits: number;
  /** The most bytes of operations. */
  readonly bytes: number;
}

/** The commits that a log keeps at least; who is further behind loads anew. */
export const logCommits = 10_000;

/** The bytes of commits that a log keeps at least, in encoded operations. */
export const logBytes = 8 * 2 ** 20;

/** Who a log names for commits of the backend itself: those that remove what has expired, to make room for the commit of a replica. */
export const nobody = "";

/** The most entries that a backend removes in one such commit. */
export const sweptAtOnce = 1_000;
