/**
 * The platform's time and timer.
 *
 * @module
 */

import type { Clock } from "./types/index.js";

/** The platform's clock; its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(callback, span) {
    const timer: unknown = setTimeout(callback, span);
    // Node's timers are objects that can be told not to hold the process open; a browser's are numbers.
    (timer as { unref?: () => void }).unref?.();
    return timer;
  },
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
