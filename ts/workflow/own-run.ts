/**
 * A run's own store while somebody is there: opened for the first, filled where it is new, closed behind the last.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import { putRecord } from "./beginning.js";
import { catchingUp, committing, committingApart } from "./committing.js";
import { missingRun, mustRead } from "./ending.js";
import type { Stay } from "./home.js";
import { type RunName, readRun, recordKey, runView, storeScope, templateKey, workerKey } from "./layout.js";
import type { Place } from "./place.js";
import type { GraphTemplate, OpenRun, OwnStore, RunRecord, RunStatus, RunStore } from "./types/index.js";

/** What the stores of runs are opened with. */
export interface OwnRunParts {
  /** The place of the list of runs. */
  readonly list: Place;
  /** The store of the list, which has the shared scope as well. */
  readonly sharing: RunStore;
  /** Opens the store of a run. */
  readonly openRun: OpenRun;
  /** Tells the list how a run stands. */
  enlist(name: RunName, record: RunRecord, version: number): Promise<void>;
}

/** The name of the store of a run. */
export const storeName = ({ id }: RunName): string => `run:${id}`;

/** Whether a store that has nothing was released and is gone; it is released in any case. */
export async function releaseEmpty(store: OwnStore): Promise<boolean> {
  try {
    if (store.removeStore !== undefined) return await store.removeStore({ ifEmpty: true });
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code !== "NOT_SUPPORTED") throw error;
  }
  await store.close();
  // Nobody can remove it.
  return true;
}

/** A run's own store. */
export class OwnRun {
  readonly #parts: OwnRunParts;
  readonly #name: RunName;
  readonly #onEnd: () => void;
  readonly #opening: Promise<{ readonly store: OwnStore; readonly place: Place }>;
  #place: Place | undefined;
  #users = 0;
  #last: RunStatus | undefined;

  /** @param onEnd - told when nobody is there any more */
  constructor(parts: OwnRunParts, name: RunName, onEnd: () => void) {
    this.#parts = parts;
    this.#name = name;
    this.#onEnd = onEnd;
    this.#opening = this.#open();
  }

  /** Where it lies, while its store is open. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Goes there. Rejects when the store cannot be opened, and with `NOT_FOUND` when there is nothing to fill it from. */
  async visit(): Promise<Stay> {
    this.#users += 1;
    let place: Place;
    try {
      ({ place } = await this.#opening);
    } catch (error) {
      this.#users -= 1;
      this.#onEnd();
      throw error;
    }
    return { place, status: () => this.#status(), leave: () => this.#leave() };
  }

  async #open(): Promise<{ readonly store: OwnStore; readonly place: Place }> {
    const { list, sharing, openRun, enlist } = this.#parts;
    // Who sees what was long ago would make the store of a run anew that is over, and begin it again.
    await list.catchUp();
    mustRead(runView(list.reader, this.#name), this.#name);
    const store = await openRun(storeName(this.#name));
    if (typeof store?.transaction !== "function" || typeof store.reader !== "function" || typeof store.close !== "function")
      throw new HoldallTypeError("openRun must give a Holdall store that can be closed");
    try {
      const reader = store.reader();
      const commit = committing(store);
      const place: Place = {
        ...list,
        // The list says how long it is kept: what expired before the list is told of an end would be taken for a run that has not begun.
        retention: { store: list.retention.store, completed: null, failed: null },
        reader,
        commit,
        catchUp: catchingUp(store),
        commitWithShared: committingApart(commit, sharing, list.shared),
        lease: list.lease.on(reader, commit),
        enlist: (name, record) => enlist(name, record, runView(reader, name).meta(recordKey)?.version ?? 0),
      };
      if (readRun(runView(reader, this.#name)) === undefined) await this.#moveIn(place);
      this.#place = place;
      return { store, place };
    } catch (error) {
      // One whose run's time is over was made by opening it.
      await releaseEmpty(store);
      throw error;
    }
  }

  /** Fills a new store by what the list has of the run. Of several who come at once, one does. */
  async #moveIn(place: Place): Promise<void> {
    const listed = runView(this.#parts.list.reader, this.#name);
    const record = mustRead(listed, this.#name);
    const template = listed.get<GraphTemplate>(templateKey);
    // Of what has ended the list has the record alone: the store's time was over.
    if (template === undefined) throw missingRun(this.#name);
    const values = [...listed.scope(storeScope).entries()];
    await place.commit((transaction) => {
      const run = runView(transaction, this.#name);
      if (readRun(run) !== undefined) return;
      putRecord(run, record);
      run.set(templateKey, template as object);
      run.scope(storeScope).setMany(values as [string, never][]);
    });
  }

  #status(): RunStatus | undefined {
    return this.#place === undefined ? this.#last : readRun(runView(this.#place.reader, this.#name))?.status;
  }

  async #leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#onEnd();
    const { store, place } = await this.#opening;
    let isGone = false;
    try {
      this.#last = this.#status();
      isGone = this.#last === undefined;
      this.#place = undefined;
      // Others may go on with it at once.
      if (this.#last === "running" && place.reader.has(workerKey(place.worker))) await place.lease.end();
    } finally {
      // One that cannot be read, or written, is released all the same.
      this.#place = undefined;
      // Others have removed it meanwhile; who had it open has made it anew.
      if (isGone) await releaseEmpty(store);
      else await store.close();
    }
  }
}
