/**
 * Cores made of others: clones, the forks that transactions work on, and copies that serve one call.
 *
 * @module
 */

import type { RawStore } from "../engine.js";
import { ttlNever } from "./arguments.js";
import { Core } from "./core.js";
import { type Prefix, wholeStore } from "./exchange.js";
import { type Step, stage } from "./staging.js";
import type { Clock } from "./types/index.js";

/** The core of an independent store of what has a prefix. */
export function cloneCore(core: Core, prefix: Prefix): Core {
  const raw = copy(core, prefix);
  return new Core(
    { ...core.parts, raw, isBounded: core.countsUses, since: core.now(), isReplica: false },
    { onError: core.onError, history: core.hub.historyBounds },
  );
}

/** The core of a fork, which notes what it is told and what it writes. */
export function forkCore(core: Core): Core {
  const now = core.begin();
  return aside(
    core,
    core.make(wholeStore, () => core.raw.fork(now)),
  );
}

/** The core of a fork for the body of a transaction. */
export function transactionCore(core: Core): Core {
  const fork = forkCore(core);
  fork.deleted = [];
  if (core.wrapping !== undefined) {
    fork.written = [];
    // No layer is around it, but so all that it writes passes as steps.
    fork.wrapping = [];
  }
  return fork;
}

/** The core of a copy of what has a prefix, in which time stands still, so that nothing of it expires. */
export function stillCore(core: Core, prefix: Prefix): Core {
  const raw = copy(core, prefix);
  const now = core.now();
  return aside(core, raw, { ...core.parts.clock, now: () => now });
}

/** The core of an empty store without bounds, by the same time. */
export function scratchCore(core: Core): Core {
  core.begin();
  const raw = core.make(wholeStore, () => core.engine.RawStore.create(Math.random() * 2 ** 32, ttlNever, undefined, undefined, false));
  return aside(core, raw);
}

/** Commits what a fork noted, or steps with full keys in its place, unless something that it read has changed. The fork ends. */
export function commitFork(core: Core, fork: Core, prefix: Prefix, steps?: readonly Step[]): number {
  return core.change(prefix, (now) => {
    for (const step of steps ?? []) stage(core, wholeStore, step);
    return core.run(() => core.raw.commitFork(fork.release(), steps !== undefined, now));
  });
}

function copy(core: Core, prefix: Prefix): RawStore {
  const now = core.begin();
  core.tellUses();
  const to = core.exchange.writeKey(prefix, "");
  return core.make(prefix, () => core.raw.cloneScope(core.exchange.keyFrom(prefix), to, now));
}

/** The core of a store that serves one call, or one transaction: nobody hears it, it keeps no memo, and it has no timer. */
function aside(core: Core, raw: RawStore, clock: Clock = core.parts.clock): Core {
  return new Core({ ...core.parts, raw, clock, memoBytes: 0, isBounded: false, since: core.now(), isAside: true, isReplica: false }, {});
}
