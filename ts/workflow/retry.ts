/**
 * How failed nodes are tried again.
 *
 * @module
 */
import { HoldallError, HoldallRangeError, HoldallTypeError } from "../errors.js";
import type { Milliseconds } from "../store/types/index.js";
import { checkNumber, checkWait } from "./arguments.js";
import type { RetryPolicy } from "./types/index.js";

/** Errors that another try cannot mend. */
const final: readonly unknown[] = ["UNRESOLVED", "MISSING_KEYS", "UNKNOWN_NODE"];

/** Checks a policy. Throws `INVALID_ARGUMENT` or `OUT_OF_RANGE`, naming the field. */
export function checkRetry(policy: RetryPolicy | undefined, path: string): void {
  if (policy === undefined) return;
  if (typeof policy !== "object" || policy === null) throw new HoldallTypeError(`${path} must be an object`);
  const { attempts, delay, factor, maxDelay, jitter, when } = policy;
  if (attempts !== undefined && !(Number.isSafeInteger(attempts) && attempts >= 1)) {
    throw new HoldallRangeError(`${path}.attempts must be a whole number from 1 on`);
  }
  checkWait(`${path}.delay`, delay);
  checkNumber(`${path}.factor`, factor, 1);
  checkWait(`${path}.maxDelay`, maxDelay);
  checkNumber(`${path}.jitter`, jitter, 0, 1);
  if (when !== undefined && typeof when !== "function") throw new HoldallTypeError(`${path}.when must be a function`);
}

/** How long to wait before a store that failed so often in a row is asked again: moments at first, and never much of a lease. */
export function restAfter(failures: number, lease: Milliseconds, random: () => number): Milliseconds {
  const policy: RetryPolicy = { attempts: Number.POSITIVE_INFINITY, delay: 100, maxDelay: Math.min(lease / 3, 5_000) };
  return delayAfter(failures, undefined, policy, random) ?? policy.maxDelay ?? 0;
}

/** How long to wait after a try that failed, or `undefined` when there is none left. */
export function delayAfter(attempt: number, error: unknown, policy: RetryPolicy, random: () => number): Milliseconds | undefined {
  const { attempts = 1, delay = 1_000, factor = 2, maxDelay = 60_000, jitter = 0.5, when } = policy;
  if (attempt >= attempts || (error instanceof HoldallError && final.includes(error.code))) return undefined;
  if (when !== undefined && !when(error)) return undefined;
  // No delay stays none, however much it grows.
  const full = delay === 0 ? 0 : Math.min(delay * factor ** (attempt - 1), maxDelay);
  return full * (1 - jitter * random());
}
