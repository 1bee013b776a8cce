/**
 * The writes of a face that a backend has yet to answer, and who hears of it when one is refused: who waits for that very write, else who flushes, else
 * `onError`; never nobody, for a refused write is undone.
 *
 * @module
 */
import type { Report } from "../faces/callbacks.js";
import type { PeprItems } from "./types.js";
import { refusalError, type Wait } from "./wait.js";

/** A write without an answer. */
interface Write {
  /** Who flushes it. */
  readonly flushes: Set<Wait>;
  /** Fulfils when it is answered, whatever the answer. */
  readonly answered: Promise<void>;
}

/** Items that a backend keeps. */
export type BackedItems = PeprItems & Required<Pick<PeprItems, "acknowledged" | "flush">>;

/** Whether a backend keeps the items. */
export function isBacked(items: PeprItems): items is BackedItems {
  return items.acknowledged !== undefined && items.flush !== undefined;
}

/** What a face has written to items that a backend keeps. */
export class Acknowledgements {
  readonly #items: BackedItems;
  readonly #report: Report;
  readonly #writes = new Set<Write>();

  /** @param report - hears of refused writes that nobody waits for */
  constructor(items: BackedItems, report: Report) {
    this.#items = items;
    this.#report = report;
  }

  /** Whether writes are on their way: those of this face, and others of its store. */
  get arePending(): boolean {
    return this.#writes.size > 0 || (this.#items.status?.backlog ?? 0) > 0;
  }

  /** A write was made just now, of a key or of several; ends the wait with its answer. */
  expect(key: string | undefined, wait?: Wait): void {
    const flushes = new Set<Wait>();
    const answered = this.#items.acknowledged().then(
      () => wait?.resolve(),
      (cause: unknown) => {
        const error = refusalError(cause, key);
        if (wait?.reject(error)) return;
        const isHeard = [...flushes].map((flush) => flush.reject(error)).includes(true);
        if (!isHeard) this.#report(error);
      },
    );
    const write = { flushes, answered };
    this.#writes.add(write);
    void answered.then(() => this.#writes.delete(write));
  }

  /** Ends a wait when everything that was written is durable. */
  flush(wait: Wait): void {
    const answers = [...this.#writes].map(({ flushes, answered }) => {
      flushes.add(wait);
      return answered;
    });
    Promise.all([this.#items.flush(), ...answers]).then(
      () => wait.resolve(),
      (cause: unknown) => wait.reject(refusalError(cause)),
    );
  }
}
