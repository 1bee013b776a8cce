/**
 * Transactions: a body works on a fork of the store, which notes what it is told and what it writes; the engine checks and replays that as one
 * commit.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { checkCount, checkFunction, checkOptions } from "./arguments.js";
import { transactionCore } from "./copies.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { endLoads } from "./loading.js";
import { isPromise } from "./promises.js";
import { isolatePrefix, scopePrefix } from "./scope.js";
import type { Transaction, TransactionOptions } from "./types/index.js";
import { prefixWithin } from "./view.js";
import { commitTransaction } from "./wholesale.js";
import { WritableView, writingCoreOf } from "./writable.js";

/** What a body reads and writes through. */
export class TransactionView extends WritableView implements Transaction {
  scope(name: string, bounds?: undefined): Transaction {
    return new TransactionView(writingCoreOf(this), scopePrefix(writingCoreOf(this), prefixWithin(this), name, bounds));
  }

  isolate(id: string, bounds?: undefined): Transaction {
    return new TransactionView(writingCoreOf(this), isolatePrefix(writingCoreOf(this), prefixWithin(this), id, bounds));
  }
}

/** Runs a body on what a core holds under a prefix, and commits. */
export function transact<R>(core: Core, prefix: Prefix, body: (transaction: Transaction) => R, options?: TransactionOptions): R {
  checkFunction("body", body);
  checkOptions(options);
  checkCount("retries", options?.retries, 0);
  for (let left = options?.retries ?? 0; ; left--) {
    const fork = transactionCore(core);
    const result = run(fork, () => body(new TransactionView(fork, prefix)));
    if (isPromise(result)) return later(core, prefix, body, fork, result, left) as R;
    if (commits(core, prefix, fork, left)) return result;
  }
}

async function later<R>(
  core: Core,
  prefix: Prefix,
  body: (transaction: Transaction) => R,
  first: Core,
  running: PromiseLike<unknown>,
  retries: number,
): Promise<unknown> {
  let fork = first;
  let result = running;
  for (let left = retries; ; left--) {
    const value = await settle(fork, result);
    if (commits(core, prefix, fork, left)) return value;
    fork = transactionCore(core);
    result = run(fork, () => body(new TransactionView(fork, prefix))) as PromiseLike<unknown>;
  }
}

/** Runs what may throw; nothing is left of the fork then. */
function run<R>(fork: Core, call: () => R): R {
  try {
    return call();
  } catch (error) {
    fork.dispose();
    throw error;
  }
}

async function settle(fork: Core, result: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    fork.dispose();
    throw error;
  }
}

/** Commits a fork; `false` when it conflicts and there are tries left. */
function commits(core: Core, prefix: Prefix, fork: Core, left: number): boolean {
  try {
    commitTransaction(core, prefix, fork);
    for (const deleted of fork.deleted ?? []) endLoads(core, ...deleted);
    return true;
  } catch (error) {
    if (left > 0 && error instanceof HoldallError && error.code === "CONFLICT") return false;
    throw error;
  } finally {
    fork.dispose();
  }
}
