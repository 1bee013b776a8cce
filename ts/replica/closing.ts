/**
 * How a replica ends: when its backend has been closed, and when its caller will not wait any longer.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { after } from "../store/alarm.js";
import { checkSignal, ttlNever, ttlNumber } from "../store/arguments.js";
import type { Core } from "../store/core.js";
import type { WaitOptions } from "../store/types/index.js";

/** Whether a backend says that it, or its store, has been closed: then nothing is worth another try. */
export function isClosed(error: unknown): error is HoldallError {
  return error instanceof HoldallError && error.code === "CLOSED";
}

/**
 * Closes, and waits for the end of that as long as a caller allows.
 *
 * @param close - begins to close, or gives the closing that has begun
 * @param giveUp - ends the closing where the caller does not wait any longer
 * @throws `TIMEOUT`, the signal's reason, or what the closing rejects with.
 */
export async function within(core: Core, limits: WaitOptions | undefined, close: () => Promise<void>, giveUp: () => void): Promise<void> {
  const { timeout = null, signal } = limits ?? {};
  const span = ttlNumber(core.engine, timeout, "timeout");
  checkSignal(signal);
  const closing = close();
  // What it comes to is told by the race, or was told to whoever waited longer.
  closing.catch(() => {});
  if (span === ttlNever && signal === undefined) return closing;
  const releases: (() => void)[] = [];
  const impatience = new Promise<never>((_, reject) => {
    if (span !== ttlNever) {
      releases.push(
        after(core.parts.clock, span, () =>
          reject(new HoldallError("TIMEOUT", "Not every write was decided in time; those that were not are given up")),
        ),
      );
    }
    const abort = () => reject(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    releases.push(() => signal?.removeEventListener("abort", abort));
  });
  try {
    await Promise.race([closing, impatience]);
  } finally {
    for (const release of releases) release();
    giveUp();
  }
}
