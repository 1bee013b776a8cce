/**
 * Commits of many entries at once, such as those of transactions, merges and restores, on their way through middleware: what they come to is
 * worked out on a fork, passes the layers as one list of its net effects, and is committed as one.
 *
 * @module
 */

import { ttlNever } from "./arguments.js";
import { diff } from "./comparing.js";
import { commitFork, forkCore } from "./copies.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { isAround, wrapsWrites, writeThrough } from "./middleware.js";
import { RecordReader } from "./records.js";
import { type Step, stage } from "./staging.js";
import { encodeValue } from "./values/encode.js";
import type { Encoding } from "./values/encoding.js";
import { StoreView } from "./view.js";

/** Performs what changes what a core holds under a prefix: at once, or where it is wrapped, on a fork whose outcome passes the layers. */
export function performWrapped<T>(core: Core, prefix: Prefix, perform: (core: Core) => T): T {
  if (!wrapsWrites(core, prefix)) return perform(core);
  const fork = forkCore(core);
  try {
    const result = perform(fork);
    commitWrapped(core, prefix, fork);
    return result;
  } finally {
    fork.dispose();
  }
}

/** Commits a fork: as it is, or where it is wrapped, through the layers. */
export function commitWrapped(core: Core, prefix: Prefix, fork: Core): void {
  if (!wrapsWrites(core, prefix)) {
    commitFork(core, fork, prefix);
    return;
  }
  const { added, removed, changed } = diff(core, prefix, new StoreView(fork, prefix));
  const steps: Step[] = removed.map((key) => ({ type: "delete", key }));
  for (const key of [...added, ...changed]) steps.push(stepOf(fork, prefix, key));
  const commit = (within: Prefix, list: readonly Step[]) =>
    commitFork(core, fork, prefix, () => {
      for (const step of list) stage(core, within, step);
    });
  // A body may write through scopes of its own, so their layers are passed too.
  writeThrough(core, prefix, steps, commit, isAround);
}

/** The step that makes an entry what it is. */
export function stepOf(core: Core, prefix: Prefix, key: string): Step {
  const now = core.begin();
  const { exchange, raw } = core;
  const to = exchange.writeKey(prefix, key);
  core.run(() => raw.meta(exchange.keyFrom(prefix), to, now));
  const { deadline, tags, properties, description } = new RecordReader(exchange.readBytes()).meta();
  core.find(prefix, key, now);
  const encoded = { encoding: exchange.encoding as Encoding, content: exchange.readBytes() };
  const metadata = {
    tags,
    properties: Object.entries(properties).map(([name, value]) => [name, encodeValue(value)] as const),
    description,
  };
  // A deadline crosses as a ttl with a minus before it.
  return { type: "set", key, encoded, ttl: deadline === null ? ttlNever : -deadline, metadata };
}
