/**
 * What the backend decides: read and staged on a fork, handed in with all that was read, and run again when that has changed.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { diff } from "../store/comparing.js";
import { forkCore } from "../store/copies.js";
import type { Core } from "../store/core.js";
import { detailsOf, type Prefix } from "../store/exchange.js";
import { isAround, wrapsWrites, writeThrough } from "../store/middleware.js";
import { type Step, stage } from "../store/staging.js";
import { StoreView } from "../store/view.js";
import { stepOf } from "../store/wholesale.js";
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
}

/** Runs what reads and writes on a fork until the backend accepts it. */
export async function decide<R>(core: Core, prefix: Prefix, driver: Driver, { retries, key, body, isWholesale }: Decision<R>): Promise<R> {
  for (let tries = 0; ; tries++) {
    const fork = forkCore(core);
    let result: R;
    let counter: number | undefined;
    try {
      result = await body(fork);
      // The engine may have failed meanwhile, and the core have moved to another.
      fork.checkEngine();
      counter = submit(core, prefix, fork, isWholesale ?? false);
    } finally {
      fork.dispose();
    }
    // Middleware may have written nothing in its place.
    const outcome = counter === undefined ? 0 : await driver.outcome(counter);
    if (typeof outcome === "number") return result;
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
  const commit = (within: Prefix, list: readonly Step[]) => {
    counter = core.change(
      prefix,
      (now) => {
        for (const step of list) stage(core, within, step);
        const to = core.exchange.writeKey(prefix, key);
        core.raw.stageCondition(core.exchange.keyFrom(prefix), to, version);
        return core.run(() => core.raw.submit(now));
      },
      key,
    );
    return list.length;
  };
  if (core.wrapping === undefined) commit(prefix, steps);
  else writeThrough(core, prefix, steps, commit);
  if (counter === undefined) return 0;
  const outcome = await driver.outcome(counter);
  if (typeof outcome === "number") return outcome;
  driver.noteConflict();
  await driver.applied(outcome.conflict);
  throw new HoldallError("CONFLICT", `The entry does not have version ${version}`, detailsOf(prefix, key));
}

/** Hands in what a fork noted: as it is, or where it is wrapped or went around the notes, as the steps that it comes to. */
function submit(core: Core, prefix: Prefix, fork: Core, isWholesale: boolean): number | undefined {
  const isWrapped = wrapsWrites(core, prefix);
  if (!isWrapped && !isWholesale) return submitFork(core, prefix, fork);
  const steps = stepsOf(core, prefix, fork);
  let counter: number | undefined;
  const commit = (within: Prefix, list: readonly Step[]) => {
    counter = submitFork(core, prefix, fork, () => {
      for (const step of list) stage(core, within, step);
    });
    return list.length;
  };
  if (isWrapped) writeThrough(core, prefix, steps, commit, isAround);
  else commit(prefix, steps);
  return counter;
}

function submitFork(core: Core, prefix: Prefix, fork: Core, stageSteps?: () => void): number {
  return core.change(prefix, (now) => {
    stageSteps?.();
    return core.run(() => core.raw.submitFork(fork.release(), stageSteps !== undefined, now));
  });
}

/** The steps that make what a core holds what its fork does. Each key of them counts as read. */
function stepsOf(core: Core, prefix: Prefix, fork: Core): Step[] {
  const { added, removed, changed } = diff(core, prefix, new StoreView(fork, prefix));
  for (const key of removed) note(fork, prefix, key);
  const steps: Step[] = removed.map((key) => ({ type: "delete", key }));
  for (const key of [...added, ...changed]) steps.push(stepOf(fork, prefix, key));
  return steps;
}

function note(fork: Core, prefix: Prefix, key: string): void {
  const now = fork.begin();
  const to = fork.exchange.writeKey(prefix, key);
  fork.check(
    fork.run(() => fork.raw.meta(fork.exchange.keyFrom(prefix), to, now)),
    prefix,
    key,
  );
}
