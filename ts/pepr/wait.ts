/**
 * A promise that somebody else settles, unless its time runs out or its signal aborts first. It settles once, and leaves no timer and no
 * listener behind.
 *
 * @module
 */
import { type ErrorDetails, HoldallError, HoldallRangeError, HoldallTypeError } from "../errors.js";
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

/** The error of a wait whose time ran out. Its message begins as Pepr's does, which is all that Pepr tells. */
export function timeoutError(message: string, details?: ErrorDetails): HoldallError {
  return new HoldallError("TIMEOUT", `${peprsBeginning}: ${message}`, details);
}

/**
 * The error of a wait for what was refused: with the code of the refusal, which is the cause, and a message that begins as Pepr's does. An argument that is
 * wrong stays what it is, and so does what is not of the family, such as the reason of a signal.
 */
export function refusalError(cause: unknown, key?: string): unknown {
  if (!(cause instanceof HoldallError) || cause instanceof HoldallTypeError || cause instanceof HoldallRangeError) return cause;
  const what = key === undefined ? "A write" : `Key ${key}`;
  return new HoldallError(cause.code, `${peprsBeginning}: ${what} is refused: ${cause.message}`, { key, cause });
}

/** A call for who waits: what is refused at once is told as a wait tells it. */
export function asWait<Result>(key: string | undefined, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw refusalError(error, key);
  }
}

const peprsBeginning = "MAX_WAIT_TIME elapsed";

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

  /** Ends the wait with an error; `false` when it had ended, so that nobody hears of this. */
  reject(error: unknown): boolean {
    const isHeard = this.#settle();
    if (isHeard) this.#end.reject(error);
    return isHeard;
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#cleanUp();
    return true;
  }
}
