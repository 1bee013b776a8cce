/**
 * Each run in a store of its own. The runner's store has the list of them: the record of each run, and until it has ended all that it begins with.
 *
 * What must always hold:
 * - **The list comes first.** A run is made by one commit to the list; its store is filled from that by whoever goes there first.
 * - **The run's store says what is so.** The list follows: who ends a run, or finds it ended, says so there. So a run that a crash cut off is listed as
 *   running, and found.
 * - **What is kept is listed.** A key beside the record lives as long as the run is kept. When it is gone, the run's store is emptied, then removed, and then its
 *   record, by one who claims that with the same key for the time of a lease: when he dies, it is due again. A store is removed only while it is empty, so whoever
 *   comes late takes nothing from a later run of the name.
 *
 * @module
 */
import { beginAt, putRecord } from "./beginning.js";
import { committing } from "./committing.js";
import { mustFind } from "./ending.js";
import { type Home, type Stay, stayIn } from "./home.js";
import { keptScope, type RunName, readRun, readRunName, recordKey, runsThat, runView, storeScope, templateKey } from "./layout.js";
import { randomName } from "./names.js";
import { OwnRun, type OwnRunParts, releaseEmpty, storeName } from "./own-run.js";
import type { Place } from "./place.js";
import type { OpenRun, RunRecord, RunStore, TriggerOptions } from "./types/index.js";

/** How runs end. */
const ends = ["completed", "failed", "cancelled"] as const;

/** The property of a listed record: the version of the record in the run's store that it is a copy of. */
const versionProperty = "version";

/** Each run in a store of its own. */
export class OwnHome implements Home {
  readonly #list: Place;
  readonly #parts: OwnRunParts;
  readonly #runs = new Map<string, OwnRun>();
  readonly #removals = new Set<Promise<void>>();
  readonly #unwatch: () => void;
  #isClosing = false;

  /**
   * @param list - the place of the list
   * @param sharing - its store
   */
  constructor(list: Place, sharing: RunStore, openRun: OpenRun) {
    this.#list = list;
    this.#parts = { list, sharing, openRun, enlist: (name, record, version) => this.#enlist(name, record, version) };
    this.#unwatch = list.reader.scope(keptScope).watch(({ key, type }) => {
      if (type === "expire" || type === "delete") this.#removeSoon(readRunName(key));
    });
    for (const status of ends) for (const name of runsThat(list.reader, status)) this.#removeSoon(name);
  }

  async begin(name: RunName, options: TriggerOptions): Promise<Stay> {
    await beginAt(this.#list, name, options);
    return this.visit(name);
  }

  async visit(name: RunName): Promise<Stay> {
    const { status } = await mustFind(this.#list, name);
    // What is stepped through by hand stays where the graphs are.
    return status === "development" ? stayIn(this.#list, name) : this.#run(name).visit();
  }

  present(name: RunName): Place {
    return this.#runs.get(name.id)?.place ?? this.#list;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#unwatch();
    await Promise.all(this.#removals);
    await this.#list.lease.end();
  }

  #run(name: RunName): OwnRun {
    let run = this.#runs.get(name.id);
    if (run === undefined) {
      const made = new OwnRun(this.#parts, name, () => {
        if (this.#runs.get(name.id) === made) this.#runs.delete(name.id);
      });
      this.#runs.set(name.id, made);
      run = made;
    }
    return run;
  }

  /** Has the list say how a run stands. Who comes late with what was so earlier changes nothing. */
  async #enlist(name: RunName, record: RunRecord, version: number): Promise<void> {
    await this.#list.commit((transaction) => {
      const run = runView(transaction, name);
      const listed = readRun(run);
      if (listed?.startedAt !== record.startedAt || Number(run.getProperty(recordKey, versionProperty) ?? 0) >= version) return;
      putRecord(run, record);
      run.setProperty(recordKey, versionProperty, version);
      const kept = transaction.scope(keptScope);
      if (record.status === "running") kept.delete(name.id);
      else {
        run.delete(templateKey);
        run.scope(storeScope).clear();
        const { completed, failed } = this.#list.retention;
        kept.set(name.id, true, { ttl: record.status === "failed" ? failed : completed });
      }
    });
  }

  #removeSoon(name: RunName): void {
    if (this.#isClosing || !this.#isDue(name)) return;
    const removal = this.#remove(name)
      .catch(this.#list.report)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** Whether a run has ended and is not kept any more. */
  #isDue(name: RunName): boolean {
    const { reader } = this.#list;
    const record = readRun(runView(reader, name));
    return record !== undefined && hasEnded(record) && !reader.scope(keptScope).has(name.id);
  }

  /** Removes the store of a run whose time is over, then takes the run off the list. */
  async #remove(name: RunName): Promise<void> {
    const claim = randomName();
    const startedAt = await this.#claim(name, claim);
    if (startedAt === undefined) return;
    const isThat = (record: RunRecord | undefined) => record === undefined || (record.startedAt === startedAt && hasEnded(record));
    if (!(await this.#removeStore(name, isThat))) return;
    await this.#list.commit((transaction) => {
      const kept = transaction.scope(keptScope);
      if (kept.get(name.id) !== claim) return;
      runView(transaction, name).clear();
      kept.delete(name.id);
    });
  }

  /**
   * Claims the removal of a run whose time is over, for as long as a lease is: one at a time, since who opens a store that another has just removed makes it anew, and
   * it would stay when that one dies. Gives when the run began.
   */
  #claim(name: RunName, claim: string): Promise<number | undefined> {
    return this.#list.commit((transaction) => {
      const record = readRun(runView(transaction, name));
      const kept = transaction.scope(keptScope);
      if (record === undefined || !hasEnded(record) || kept.has(name.id)) return undefined;
      kept.set(name.id, claim, { ttl: this.#list.lease.span });
      return record.startedAt;
    });
  }

  /** Empties and removes the store of a run, if it is that; whether it is gone. Where somebody still writes to it, there is another try when the claim ends. */
  async #removeStore(name: RunName, isThat: (record: RunRecord | undefined) => boolean): Promise<boolean> {
    const store = await this.#parts.openRun(storeName(name));
    let isEmptied = false;
    try {
      isEmptied = await committing(store)((transaction) => {
        if (!isThat(readRun(runView(transaction, name)))) return false;
        transaction.clear();
        return true;
      });
      const run = runView(store.reader(), name);
      const record = isEmptied ? undefined : readRun(run);
      // It was revived by somebody who died before the list was told.
      if (record?.status === "running") await this.#enlist(name, record, run.meta(recordKey)?.version ?? 0);
    } finally {
      if (!isEmptied) await store.close();
    }
    return isEmptied && releaseEmpty(store);
  }
}

function hasEnded({ status }: RunRecord): boolean {
  return (ends as readonly string[]).includes(status);
}
