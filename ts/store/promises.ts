/**
 * What functions of callers return where they may, or must not, answer later.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";

/** Whether something is a promise, of whichever kind. */
export function isPromise(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** What a function answered that has to answer at once; refuses a promise, which would be taken for a yes, or for done. */
export function atOnce<T>(refusal: string, answer: T): Exclude<T, PromiseLike<unknown>> {
  if (!isPromise(answer)) return answer as Exclude<T, PromiseLike<unknown>>;
  // Nobody waits for it, so nobody hears how it ends.
  answer.then(undefined, () => undefined);
  throw new HoldallTypeError(refusal);
}
