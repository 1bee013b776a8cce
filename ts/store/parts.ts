/**
 * What the core of a store is made of, and what may be wrapped around it.
 *
 * @module
 */

import type { Engine, RawStore } from "../engine.js";
import type { Exchange } from "./exchange.js";
import type { Clock, Middleware, Timestamp } from "./types/index.js";

/** What a core is made of. */
export interface CoreParts {
  readonly engine: Engine;
  readonly exchange: Exchange;
  readonly raw: RawStore;
  readonly clock: Clock;
  readonly memoBytes: number;
  readonly hasDefaultTtl: boolean;
  /** Whether full bounds evict what was used longest ago. */
  readonly evicts: boolean;
  /** Whether there are bounds. */
  readonly isBounded: boolean;
  /** Time does not go back behind this, though the clock may; 0 in a new store. */
  readonly since: Timestamp;
  /** Whether it serves one call, or one transaction: it needs no timer then. */
  readonly isAside: boolean;
  /** Whether a backend decides its commits. */
  readonly isReplica: boolean;
}

/** What wraps the calls of the views whose keys begin with a prefix. */
export interface Layer {
  readonly prefix: string;
  readonly read: Middleware["read"];
  readonly write: Middleware["write"];
}
