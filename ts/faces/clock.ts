/**
 * The platform's time and timers, as faces use them when they are given no clock.
 *
 * @module
 */
import type { Clock } from "../store/types/index.js";

/** The platform's clock. Its timers keep a process alive: somebody awaits what they end. {@link letExit} takes that from a timer. */
export const platformClock: Clock = {
  now: () => Date.now(),
  setTimer: (callback, span) => setTimeout(callback, span),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** Lets the process end while this timer runs, where the platform has such a notion. */
export function letExit(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function") timer.unref();
}
