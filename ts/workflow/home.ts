/**
 * Where runs lie: all in the runner's store, or each in a store of its own. Whoever works on a run stays there meanwhile.
 *
 * @module
 */
import { beginAt } from "./beginning.js";
import { mustFind } from "./ending.js";
import { type RunName, readRun, runView } from "./layout.js";
import type { Place } from "./place.js";
import type { RunStatus, TriggerOptions } from "./types/index.js";

/** A stay at a run. */
export interface Stay {
  /** Where the run lies. */
  readonly place: Place;
  /** Where the run stands; when its store is closed, where it stood then. */
  status(): RunStatus | undefined;
  /** Ends it. Call it once. */
  leave(): Promise<void>;
}

/** Where runs lie. */
export interface Home {
  /** Makes a run, in one commit. Rejects as `begin` throws, and then nothing has changed. */
  begin(name: RunName, options: TriggerOptions): Promise<Stay>;
  /** Goes to a run that there is. Rejects with `NOT_FOUND`. */
  visit(name: RunName): Promise<Stay>;
  /** Where what is known here at once of a run can be read. */
  present(name: RunName): Place;
  /** Needs nothing more; stays are ended before. */
  close(): Promise<void>;
}

/** A stay at what lies in the runner's store. */
export function stayIn(place: Place, name: RunName): Stay {
  const view = runView(place.reader, name);
  return { place, status: () => readRun(view)?.status, leave: async () => {} };
}

/** All runs in the runner's store. */
export class SharedHome implements Home {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  async begin(name: RunName, options: TriggerOptions): Promise<Stay> {
    await beginAt(this.#place, name, options);
    return stayIn(this.#place, name);
  }

  async visit(name: RunName): Promise<Stay> {
    await mustFind(this.#place, name);
    return stayIn(this.#place, name);
  }

  present(): Place {
    return this.#place;
  }

  async close(): Promise<void> {
    await this.#place.lease.end();
  }
}
