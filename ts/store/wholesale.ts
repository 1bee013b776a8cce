/**
 * Commits of forks, those of transactions, merges and restores, on their way through middleware: as one list, and committed as one. What a
 * transaction's body writes is noted as it goes; what merges and restores come to is worked out by comparing the fork with the store.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { ttlNever } from "./arguments.js";
import { diff } from "./comparing.js";
import { commitFork, forkCore } from "./copies.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { metadataOf, metaOf } from "./metadata.js";
import { wraps, writeThrough } from "./middleware.js";
import type { Step, Written } from "./steps.js";
import type { Encoding } from "./values/encoding.js";
import { StoreView } from "./view.js";

/**
 * Performs what changes what a core holds under a prefix: at once, or where it is wrapped, on a fork whose outcome passes the layers.
 *
 * @param nothing - what it answers when they pass nothing on
 * @throws `CONFLICT` when code of the caller's has written to the store meanwhile, as where nothing is wrapped
 */
export function performWrapped<T>(core: Core, prefix: Prefix, perform: (core: Core) => T, nothing: () => T): T {
  if (!wraps(core, "write", prefix)) return perform(core);
  const fork = forkCore(core);
  const { writes } = core;
  try {
    const result = perform(fork);
    if (core.writes !== writes) throw new HoldallError("CONFLICT", "The store was changed while a merge into it was decided");
    return commitWritten(core, prefix, fork, [[prefix, stepsOf(core, prefix, fork)]]) ? result : nothing();
  } finally {
    fork.dispose();
  }
}

/** Commits a transaction: as it is, or where something was wrapped as it began, through the layers around what its body wrote through. */
export function commitTransaction(core: Core, prefix: Prefix, fork: Core): void {
  if (fork.written === undefined) commitFork(core, fork, prefix);
  else commitWritten(core, prefix, fork, fork.written);
}

/** Commits what layers put in the place of what was written on a fork; whether they passed anything on. */
function commitWritten(core: Core, prefix: Prefix, fork: Core, written: readonly Written[]): boolean {
  let isCommitted = false;
  writeThrough(core, written, (list) => {
    isCommitted = true;
    return commitFork(core, fork, prefix, list);
  });
  return isCommitted;
}

/**
 * The steps that make what a core holds what its fork does. Each key of them counts as read. Between the fork's beginning and this nothing may
 * have written to the core but what the fork has read, or it would seem to be the fork that took it back.
 */
export function stepsOf(core: Core, prefix: Prefix, fork: Core): Step[] {
  const { added, removed, changed } = diff(core, prefix, new StoreView(fork, prefix));
  return [...removed, ...added, ...changed].map((key) => stepOf(fork, prefix, key));
}

/** The step that makes an entry what it is, or deletes it where it is missing. */
function stepOf(core: Core, prefix: Prefix, key: string): Step {
  const now = core.begin();
  const meta = metaOf(core, prefix, key, now);
  if (meta === undefined) return { type: "delete", key };
  const { deadline } = meta;
  core.find(prefix, key, now);
  const encoded = { encoding: core.exchange.encoding as Encoding, content: core.exchange.readBytes() };
  // A deadline crosses as a ttl with a minus before it.
  return { type: "set", key, encoded, ttl: deadline === null ? ttlNever : -deadline, metadata: metadataOf(meta) };
}
