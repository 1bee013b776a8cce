/**
 * What the backend decides: read and staged on a fork, handed in with all that was read, and run again when that has changed.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { forkCore, transactionCore } from "../store/copies.js";
import type { Core } from "../store/core.js";
import { detailsOf, type Prefix, wholeStore } from "../store/exchange.js";
import { writeThrough } from "../store/middleware.js";
import { stageVersion } from "../store/putting.js";
import { type Step, stage } from "../store/staging.js";
import type { Written } from "../store/steps.js";
import { stepsOf } from "../store/wholesale.js";
import type { Driver } from "./driver.js";

/** What a commit is decided from. */
export interface Decision<R> {
  /** How many times it runs again. */
  readonly retries: number;
  /** The key that errors name. */
  readonly key?: string | undefined;
  /** Reads and writes on a fork. */
  readonly body: (fork: Core) => R | PromiseLike<R>;
  /** Whether its writes go around the fork's notes, as those of merges do: then they are worked out by comparing. */
  readonly isWholesale?: boolean;
  /** What it answers when middleware passed on nothing; by default what the body gave. */
  readonly nothing?: (() => R) | undefined;
  /** What it answers when middleware passed on other values. */
  readonly replaced?: (() => R) | undefined;
}

/** Runs what reads and writes on a fork until the backend accepts it. */
export async function decide<R>(core: Core, prefix: Prefix, driver: Driver, decision: Decision<R>): Promise<R> {
  const { retries, key, body, isWholesale = false, nothing, replaced } = decision;
  for (let tries = 0; ; tries++) {
    const fork = isWholesale ? forkCore(core) : transactionCore(core);
    let result: R;
    let submitted: Submitted;
    try {
      const given = body(fork);
      // Nothing may come between the beginning of a fork and the comparison with it.
      result = isWholesale ? (given as R) : await given;
      // Meanwhile the engine may have failed, and the core have moved to another; and the store may have been closed.
      fork.checkEngine();
      driver.requireWritable();
      submitted = submit(core, prefix, fork, isWholesale);
    } finally {
      fork.dispose();
    }
    const { counter, isReplaced, isDropped } = submitted;
    // Middleware may have written nothing in its place.
    if (counter === undefined) return nothing === undefined ? result : nothing();
    const outcome = await driver.outcome(counter);
    if (typeof outcome === "number") {
      if (isDropped && nothing !== undefined) return nothing();
      if (!isReplaced || replaced === undefined) return result;
      await driver.applied(outcome);
      return replaced();
    }
    driver.noteConflict();
    if (tries >= retries) throw new HoldallError("CONFLICT", "What was read has changed meanwhile", detailsOf(prefix, key));
    await driver.applied(outcome.conflict);
    await driver.pause(Math.min(tries, 4) - 3);
  }
}

/** Hands in steps with a condition, as one commit; resolves to its number. */
export async function decideSteps(
  core: Core,
  prefix: Prefix,
  driver: Driver,
  steps: readonly Step[],
  key: string,
  version: number,
): Promise<number> {
  let counter: number | undefined;
  let isDropped = false;
  writeThrough(core, [[prefix, steps]], (list) => {
    isDropped = list.length === 0;
    counter = core.change(
      prefix,
      (now) => {
        for (const step of list) stage(core, wholeStore, step);
        stageVersion(core, prefix, key, version);
        return core.run(() => core.raw.submit(now));
      },
      key,
    );
    return list.length;
  });
  if (counter === undefined) return 0;
  const outcome = await driver.outcome(counter);
  if (typeof outcome === "number") return isDropped ? 0 : outcome;
  driver.noteConflict();
  await driver.applied(outcome.conflict);
  throw new HoldallError("CONFLICT", `The entry does not have version ${version}`, detailsOf(prefix, key));
}

/** What layers passed on of what was written: `undefined` in place of the counter when nothing. */
interface Submitted {
  readonly counter: number | undefined;
  /** Whether values were replaced. */
  readonly isReplaced: boolean;
  /** Whether layers passed on an empty list in place of what calls wrote: what those had read is decided all the same. */
  readonly isDropped: boolean;
}

/** Hands in what a fork noted: as it is, or where it is wrapped or went around the notes, as the steps that it comes to. */
function submit(core: Core, prefix: Prefix, fork: Core, isWholesale: boolean): Submitted {
  if (fork.written === undefined && !isWholesale) {
    return { counter: submitFork(core, prefix, fork), isReplaced: false, isDropped: false };
  }
  const written: readonly Written[] = isWholesale ? [[prefix, stepsOf(core, prefix, fork)]] : (fork.written ?? []);
  let counter: number | undefined;
  let passed: readonly Step[] = [];
  writeThrough(core, written, (list) => {
    passed = list;
    counter = submitFork(core, prefix, fork, list);
    return list.length;
  });
  const kept = new Set(passed.map((step) => step.type === "set" && step.encoded));
  return {
    counter,
    isReplaced: written.some(([, steps]) => steps.some((step) => step.type === "set" && !kept.has(step.encoded))),
    isDropped: !isWholesale && passed.length === 0 && written.length > 0,
  };
}

function submitFork(core: Core, prefix: Prefix, fork: Core, steps?: readonly Step[]): number {
  return core.change(prefix, (now) => {
    for (const step of steps ?? []) stage(core, wholeStore, step);
    return core.run(() => core.raw.submitFork(fork.release(), steps !== undefined, now));
  });
}
