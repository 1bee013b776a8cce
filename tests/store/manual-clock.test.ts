/** Promises of `manualClock`: time moves only by hand, never back, and timers run at their times. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../ts/testing/index.js";

const outOfRange = expect.objectContaining({ code: "OUT_OF_RANGE" });

describe("manualClock", () => {
  it("starts at 0 or where it is told, and stands still", () => {
    expect(manualClock().now()).toBe(0);
    const clock = manualClock(1_700_000_000_000);
    expect([clock.now(), clock.now()]).toEqual([1_700_000_000_000, 1_700_000_000_000]);
  });

  it("runs timers in order of time, those of one time in the order set, each at its own time", () => {
    const clock = manualClock(100);
    const ran: [string, number][] = [];
    const note = (name: string) => () => ran.push([name, clock.now()]);
    clock.setTimer(note("late"), 30);
    clock.setTimer(note("first"), 10);
    clock.setTimer(note("second"), 10);
    clock.setTimer(note("never"), 31);
    clock.advance(9);
    expect(ran).toEqual([]);
    clock.advance(21);
    expect(ran).toEqual([
      ["first", 110],
      ["second", 110],
      ["late", 130],
    ]);
    expect([clock.now(), clock.pendingTimers]).toEqual([130, 1]);
  });

  it("runs those that are set meanwhile, when they come due", () => {
    const clock = manualClock();
    const ran: number[] = [];
    const again = () => {
      ran.push(clock.now());
      clock.setTimer(again, 10);
    };
    clock.setTimer(again, 10);
    clock.setTimer(() => clock.setTimer(() => ran.push(-clock.now()), 0), 15);
    clock.advance(35);
    expect(ran).toEqual([10, -15, 20, 30]);
    expect([clock.now(), clock.pendingTimers]).toEqual([35, 1]);
  });

  it("forgets a timer that is cleared, also by another timer, and minds no other clearing", () => {
    const clock = manualClock();
    const ran: string[] = [];
    const cleared = clock.setTimer(() => ran.push("cleared"), 5);
    const late = clock.setTimer(() => ran.push("late"), 7);
    clock.setTimer(() => clock.clearTimer(late), 6);
    clock.clearTimer(cleared);
    clock.clearTimer(cleared);
    clock.clearTimer(undefined);
    expect(clock.pendingTimers).toBe(2);
    clock.set(10);
    expect([ran, clock.pendingTimers]).toEqual([[], 0]);
  });

  it("runs what is due now by advancing by nothing, not when it is set", () => {
    const clock = manualClock();
    let runs = 0;
    clock.setTimer(() => runs++, 0);
    clock.setTimer(() => runs++, -5);
    expect(runs).toBe(0);
    clock.advance(0);
    expect([runs, clock.now()]).toEqual([2, 0]);
  });

  it("never goes backwards, by its own calls or by a timer that moves it", () => {
    const clock = manualClock(50);
    expect(() => clock.set(49)).toThrow(outOfRange);
    expect(() => clock.advance(-1)).toThrow(outOfRange);
    expect(() => clock.set(49)).toThrow(RangeError);
    const seen: number[] = [];
    clock.setTimer(() => clock.advance(100), 10);
    clock.setTimer(() => seen.push(clock.now()), 20);
    clock.advance(30);
    expect([seen, clock.now()]).toEqual([[70], 160]);
  });

  it("refuses what is no time", () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => manualClock(wrong)).toThrow(outOfRange);
      expect(() => manualClock().advance(wrong)).toThrow(outOfRange);
      expect(() => manualClock().set(wrong)).toThrow(outOfRange);
      expect(() => manualClock().setTimer(() => {}, wrong)).toThrow(outOfRange);
    }
    expect(() => manualClock().setTimer(() => {}, 2 ** 31)).toThrow(outOfRange);
    const clock = manualClock();
    clock.setTimer(() => {}, 2 ** 31 - 1);
    expect(clock.pendingTimers).toBe(1);
  });

  it("stops at a timer that throws, which has run, and goes on when called again", () => {
    const clock = manualClock();
    const ran: number[] = [];
    clock.setTimer(() => {
      throw new Error("boom");
    }, 10);
    clock.setTimer(() => ran.push(clock.now()), 20);
    expect(() => clock.advance(30)).toThrow("boom");
    expect([clock.now(), clock.pendingTimers, ran]).toEqual([10, 1, []]);
    clock.advance(20);
    expect([clock.now(), ran]).toEqual([30, [20]]);
  });

  it("runs any timers as a sort by time would, in however many steps", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.array(fc.nat(20)), (spans, steps) => {
        const clock = manualClock();
        const ran: [number, number][] = [];
        spans.forEach((span, index) => void clock.setTimer(() => ran.push([clock.now(), index]), span));
        for (const step of steps) clock.advance(step);
        const expected = spans.map((span, index): [number, number] => [span, index]);
        const due = expected.filter(([span]) => steps.length > 0 && span <= clock.now());
        due.sort(([a, first], [b, second]) => a - b || first - second);
        expect(ran).toEqual(due);
        expect(clock.pendingTimers).toBe(spans.length - due.length);
      }),
    );
  });
});
