/**
 * Owns a clock that stands still until a test moves it, so that no test of expiry sleeps.
 *
 * Always holds: time never goes backwards, no timer that is set is due before now, and every timer runs once, at its own time, after those that are due before it.
 * Each timer that runs costs a look at all that are set.
 *
 * @module
 */

import { HoldallRangeError } from "../errors.js";
import type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";

/** A clock that only its owner moves. */
export interface ManualClock extends Clock {
  /**
   * Moves time on and runs the timers that come due, those included that are set meanwhile: in order of time, those of one time in the
   * order in which they were set, each while `now()` gives its own time. What a timer throws ends the call there; call again to go on.
   *
   * @throws `OUT_OF_RANGE` when the span is negative or not finite.
   */
  advance(span: Milliseconds): void;
  /**
   * Moves time on to a point, as `advance` does.
   *
   * @throws `OUT_OF_RANGE` when it is in the past or not finite.
   */
  set(timestamp: Timestamp): void;
  /** How many timers are set and have not run. */
  readonly pendingTimers: number;
}

interface Timer {
  readonly due: Timestamp;
  readonly callback: () => void;
}

/** The longest span that platforms' timers take, and so the longest that a store may ask for. */
const longestSpan: Milliseconds = 2 ** 31 - 1;

/**
 * Makes a clock for tests.
 *
 * @param start - its time at first, in milliseconds; default 0
 * @throws `OUT_OF_RANGE` when the start is not finite.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 * import { manualClock } from "holdall/testing";
 *
 * const clock = manualClock();
 * const store = createStore({ clock });
 * store.set("session", "ada", { ttl: "1m" });
 * clock.advance(60_000);
 * store.has("session"); // false
 * ```
 */
export function manualClock(start: Timestamp = 0): ManualClock {
  if (!Number.isFinite(start)) throw new HoldallRangeError("manualClock: start is not a finite number of milliseconds");
  const timers = new Set<Timer>();
  let now = start;

  /** A set keeps the order of insertion, so the first of the earliest is the one that was set first. */
  function nextDueBy(target: Timestamp): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.due <= target && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }

  function moveTo(target: Timestamp): void {
    for (let timer = nextDueBy(target); timer !== undefined; timer = nextDueBy(target)) {
      timers.delete(timer);
      now = timer.due;
      timer.callback();
    }
    // A timer may have moved the clock itself, and further.
    now = Math.max(now, target);
  }

  return {
    now: () => now,
    setTimer(callback, span) {
      if (!(span <= longestSpan)) throw new HoldallRangeError(`setTimer: span is not a number of at most ${longestSpan} ms`);
      const timer: Timer = { due: now + Math.max(span, 0), callback };
      timers.add(timer);
      return timer;
    },
    clearTimer(timer) {
      timers.delete(timer as Timer);
    },
    advance(span) {
      if (!(span >= 0 && Number.isFinite(now + span))) throw new HoldallRangeError("advance: span is negative or not finite");
      moveTo(now + span);
    },
    set(timestamp) {
      if (!(timestamp >= now && Number.isFinite(timestamp))) throw new HoldallRangeError("set: timestamp is in the past or not finite");
      moveTo(timestamp);
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}
