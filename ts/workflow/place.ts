/**
 * What all that a runner does works with.
 *
 * @module
 */
import type { Report } from "../faces/callbacks.js";
import type { Clock, Milliseconds, Reader, Ttl } from "../store/types/index.js";
import type { Commit, SharedCommit } from "./committing.js";
import type { RunName } from "./layout.js";
import type { Lease } from "./lease.js";
import type { Slots } from "./slots.js";
import type { NodeCode, RetryPolicy, RunRecord } from "./types/index.js";

/** The place where a runner works: its store, or that of one run with all else of the runner's. */
export interface Place {
  /** The store, to read and watch. */
  readonly reader: Reader;
  /** Commits conditionally, as one change. */
  readonly commit: Commit;
  /** Has the reader show all that was acknowledged before the call, where it may lag. Rejects with `UNAVAILABLE` where the store cannot be asked. */
  readonly catchUp: () => Promise<void>;
  /** The code of nodes. */
  readonly nodes: Readonly<Record<string, NodeCode>>;
  /** The same for what writes to the scope that runs share as well. */
  readonly commitWithShared: SharedCommit;
  /** The name of the scope that runs share. */
  readonly shared: string | undefined;
  /** That scope, to read. */
  readonly sharedReader: Reader | undefined;
  /** Has the list of runs say how one stands; missing where the records of runs are the list. */
  readonly enlist?: ((name: RunName, record: RunRecord) => Promise<void>) | undefined;
  /** This worker's name. */
  readonly worker: string;
  /** This worker's lease. */
  readonly lease: Lease;
  /** How many nodes may run. */
  readonly slots: Slots;
  /** The policy of nodes that have none. */
  readonly retry: RetryPolicy;
  /** The timeout of nodes that have none. */
  readonly timeout: Milliseconds | undefined;
  /** How long what has ended stays. */
  readonly retention: { readonly store?: Ttl | undefined; readonly completed: Ttl; readonly failed: Ttl };
  /** Time and timers. */
  readonly clock: Clock;
  /** Random numbers. */
  readonly random: () => number;
  /** Tells of errors that nobody else hears. */
  readonly report: Report;
}
