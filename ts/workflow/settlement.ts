/**
 * What comes of a run, for those who wait for it.
 *
 * @module
 */
import type { RunResult } from "./types/index.js";

/** What comes of a run, while it is open. */
export interface Settlement {
  /** Of it. */
  readonly promise: Promise<RunResult>;
  /** It completed. */
  resolve(result: RunResult): void;
  /** It did not. */
  reject(error: unknown): void;
}

/** One that is open. */
export function openSettlement(): Settlement {
  let settle!: Omit<Settlement, "promise">;
  const promise = new Promise<RunResult>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A run that fails unheard is a failed run in the store, not a crash of the process.
  promise.catch(() => {});
  return { promise, ...settle };
}
