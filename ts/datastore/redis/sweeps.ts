/**
 * While calls wait on a queue, somebody has to put back what lapses in it, for the server does nothing by itself: one sweep for each queue, when the
 * next reservation lapses that is known of, and every second for those that others make meanwhile. What is put back wakes whoever has waited longest, in
 * any process. A sweep also notices that the server is gone, where a waiting connection would not.
 *
 * @module
 */
import type { Milliseconds } from "../../store/types/index.js";
import type { NextLapse } from "./scripts.js";

/** The longest time between two sweeps. */
const interval: Milliseconds = 1_000;

/** One queue that is waited on. */
interface Sweep {
  readonly waiting: Set<(reason: unknown) => void>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The sweeps of one session. */
export class Sweeps {
  readonly #restore: (queue: string) => Promise<NextLapse>;
  readonly #sweeps = new Map<string, Sweep>();

  /** @param restore - puts back what has lapsed in a queue */
  constructor(restore: (queue: string) => Promise<NextLapse>) {
    this.#restore = restore;
  }

  /**
   * Sweeps a queue until the function is called that this returns.
   *
   * @param next - how soon a reservation lapses, as the server said just now
   * @param onFailure - told when the server cannot be asked
   */
  join(queue: string, next: NextLapse, onFailure: (reason: unknown) => void): () => void {
    const sweep = this.#sweeps.get(queue) ?? { waiting: new Set(), timer: undefined };
    this.#sweeps.set(queue, sweep);
    sweep.waiting.add(onFailure);
    this.#schedule(queue, sweep, next);
    return () => {
      sweep.waiting.delete(onFailure);
      if (sweep.waiting.size > 0) return;
      clearTimeout(sweep.timer);
      this.#sweeps.delete(queue);
    };
  }

  #schedule(queue: string, sweep: Sweep, next: NextLapse): void {
    clearTimeout(sweep.timer);
    // A millisecond more than the server said, which counts in whole ones.
    sweep.timer = setTimeout(() => void this.#run(queue, sweep), next < 0 ? interval : Math.min(next + 1, interval));
  }

  async #run(queue: string, sweep: Sweep): Promise<void> {
    try {
      const next = await this.#restore(queue);
      if (sweep.waiting.size > 0) this.#schedule(queue, sweep, next);
    } catch (error) {
      for (const fail of [...sweep.waiting]) fail(error);
    }
  }
}
