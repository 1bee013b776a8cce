// @ts-check
/** Owns the patience of the workflow: which failures may pass, and how often and after which waits a step is tried again. */

/** @import { SimulatedClock } from "./clock.mjs" */

/** A failure of another system that may be gone at the next attempt. */
export class PassingFailure extends Error {}

const attempts = 4;
const firstWait = 4_000;

/**
 * Does something until it succeeds, at most four times, waiting 4, 8 and 16 s in between. Whatever else than a `PassingFailure` it throws,
 * and the last `PassingFailure`, go to the caller.
 *
 * @template T
 * @param {SimulatedClock} clock
 * @param {() => Promise<T>} action
 * @param {() => void} onRetry Called before each attempt but the first.
 * @returns {Promise<T>}
 */
export async function retry(clock, action, onRetry) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof PassingFailure) || attempt === attempts) throw error;
      await clock.wait(firstWait * 2 ** (attempt - 1));
      onRetry();
    }
  }
}
