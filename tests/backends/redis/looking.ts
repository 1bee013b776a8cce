/**
 * Following without the look that is taken at the log now and then, by the clock, and makes up for messages that were lost: what is heard then was told.
 *
 * @module
 */
import { onTestFinished, vi } from "vitest";
import { platformClock } from "../../../ts/clock.js";

/** How often the log is looked at. */
const quiet = 5_000;

/** Has nobody look until the test has ended. To be called before anybody follows. */
export function withoutLooks(): void {
  const { setTimer } = platformClock;
  const looks = vi.spyOn(platformClock, "setTimer").mockImplementation((ring, span) => (span === quiet ? undefined : setTimer(ring, span)));
  onTestFinished(() => looks.mockRestore());
}
