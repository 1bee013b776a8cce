/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock } from "../../../ts/store/types/index.js";

/** A clock set by hand. */
export interface HandClock extends Clock {
  /** Moves the time on, running timers as they fall due, and lets promises settle in between. */
  advance(span: number): Promise<void>;
  /** How many timers are set. */
  readonly timers: number;
}

/** Makes a clock that starts at 1,000,000. */
export function handClock(): HandClock {
  let now = 1_000_000;
  const timers = new Map<object, { readonly due: number; readonly callback: () => void }>();
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return {
    now: () => now,
    setTimer(callback, span) {
      const timer = {};
      timers.set(timer, { due: now + span, callback });
      return timer;
    },
    clearTimer: (timer) => void timers.delete(timer as object),
    get timers() {
      return timers.size;
    },
    async advance(span) {
      const end = now + span;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(([, { due }]) => due <= end).sort(([, a], [, b]) => a.due - b.due);
        if (next === undefined) break;
        timers.delete(next[0]);
        now = Math.max(now, next[1].due);
        next[1].callback();
        await settle();
      }
      now = end;
    },
  };
}
