/**
 * The platform's time and timers, as faces use them when they are given no clock.
 *
 * @module
 */
import type { Clock, Milliseconds } from "./store/types/index.js";

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

/** The longest span of one timer. */
const longestTimer: Milliseconds = 2 ** 31 - 1;

/** Calls back once after a span of any length, in steps where one timer does not reach so far. Returns what ends it before. */
export function after(clock: Clock, span: Milliseconds, callback: () => void): () => void {
  const due = clock.now() + span;
  let timer: unknown;
  const set = () => {
    const left = due - clock.now();
    timer = clock.setTimer(left > longestTimer ? set : callback, Math.min(Math.max(left, 0), longestTimer));
  };
  set();
  return () => clock.clearTimer(timer);
}
