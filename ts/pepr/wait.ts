/**
 * A promise that somebody else settles, unless its time runs out or its signal aborts first. It settles once, and leaves no timer and no
 * listener behind.
 *
 * @module
 */
import { HoldallRangeError, HoldallTypeError } from "../errors.js";
import type { Clock, Milliseconds } from "../store/types/index.js";
import type { PeprWaitOptions } from "./types.js";

/** How long Pepr waits for a write to be seen. */
export const defaultTimeout: Milliseconds = 15_000;

/** The longest span of one timer. */
const longestTimeout: Milliseconds = 2 ** 31 - 1;

/** Checks a timeout given by a user; `undefined` gives the fallback. */
export function checkTimeout(timeout: Milliseconds | undefined, fallback: Milliseconds): Milliseconds {
  if (timeout === undefined) return fallback;
  if (typeof timeout !== "number") throw new HoldallTypeError("timeout must be a number of milliseconds");
  if (!(timeout > 0 && timeout <= longestTimeout)) throw new HoldallRangeError(`timeout must be over 0 and at most ${longestTimeout} ms`);
  return timeout;
}

/** Checks the options of one wait, and throws the signal's reason when it is aborted already. */
export function checkWaitOptions(options: PeprWaitOptions | undefined, fallback: Milliseconds): WaitLimits {
  if (options === undefined) return { timeout: fallback, signal: undefined };
  if (typeof options !== "object" || options === null) throw new HoldallTypeError("options must be an object");
  const { signal } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new HoldallTypeError("signal must be an AbortSignal");
  }
  const timeout = checkTimeout(options.timeout, fallback);
  signal?.throwIfAborted();
  return { timeout, signal };
}

/** What ends a wait that nobody settles. */
export interface WaitLimits {
  /** How long it lasts at most. */
  readonly timeout: Milliseconds;
  /** Ends it with the signal's reason. */
  readonly signal: AbortSignal | undefined;
}

/** One wait. */
export class Wait {
  /** `"ok"` once resolved. */
  readonly promise: Promise<"ok">;
  readonly #end: { resolve(value: "ok"): void; reject(error: unknown): void };
  readonly #cleanUp: () => void;
  #settled = false;

  /**
   * @param onTimeout - makes the error for a wait whose time ran out
   * @param onEnd - told once, however the wait ends
   */
  constructor(clock: Clock, { timeout, signal }: WaitLimits, onTimeout: (timeout: Milliseconds) => Error, onEnd: (wait: Wait) => void) {
    let end!: { resolve(value: "ok"): void; reject(error: unknown): void };
    this.promise = new Promise((resolve, reject) => {
      end = { resolve, reject };
    });
    this.#end = end;
    const abort = () => this.reject(signal?.reason);
    const timer = clock.setTimer(() => this.reject(onTimeout(timeout)), timeout);
    signal?.addEventListener("abort", abort, { once: true });
    this.#cleanUp = () => {
      clock.clearTimer(timer);
      signal?.removeEventListener("abort", abort);
      onEnd(this);
    };
    if (signal?.aborted) abort();
  }

  /** Ends the wait well. */
  resolve(): void {
    if (this.#settle()) this.#end.resolve("ok");
  }

  /** Ends the wait with an error. */
  reject(error: unknown): void {
    if (this.#settle()) this.#end.reject(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#cleanUp();
    return true;
  }
}
