/**
 * Drives one run for one worker: looks at it, takes what can begin, runs it, and looks again when something has changed, a time has come, or a slot is free.
 * All that it knows of the run it reads from the store at each look, so it goes on where any other worker stopped.
 *
 * @module
 */
import { letExit } from "../clock.js";
import { type ErrorCode, HoldallError } from "../errors.js";
import type { Commit as StoreCommit, Value } from "../store/types/index.js";
import { type Claim, claim, isFree } from "./claim.js";
import { finish, isBusy, mustRead } from "./ending.js";
import { NodeFailedError } from "./errors.js";
import { Execution, type Patience, sightOf } from "./execution.js";
import { delayScope, type RunName, readRun, recordKey, runView, storeScope, workerKey } from "./layout.js";
import type { Place } from "./place.js";
import { type Instance, type Plan, plan } from "./plan.js";
import { Records } from "./records.js";
import { restAfter } from "./retry.js";
import { allOutputs } from "./seen.js";
import { openSettlement, type Settlement } from "./settlement.js";
import type { Graph } from "./template/graph.js";
import { Timer } from "./timer.js";
import type { NodeRecord, RunRecord, RunResult } from "./types/index.js";

/** Who has a driver. */
export interface Keeper {
  /** Whether the run is still driven though its store failed; told each time. `isFirst` tells the first of several in a row. */
  staysOn(error: unknown, isFirst: boolean): boolean;
  /** Told once when it is driven no more; with what it was given up for, if it was. */
  ended(error?: unknown): void;
}

/** What no further look mends: the store is closed, or somebody else stands in this worker's place. */
const final: readonly ErrorCode[] = ["CLOSED", "LEASE_LOST"];

/** Drives one run. */
export class Driver {
  readonly #place: Place;
  readonly #name: RunName;
  /** Tells the run from a later one of its id. */
  readonly #startedAt: number;
  readonly #graph: Graph;
  readonly #records: Records;
  readonly #running = new Map<string, { readonly instance: string; readonly execution: Execution }>();
  readonly #pending = new Set<Promise<void>>();
  readonly #thrown = new Map<string, unknown>();
  readonly #timer: Timer;
  readonly #unsubscribe: readonly (() => void)[];
  readonly #keeper: Keeper;
  /** Rings when a store that failed is to be asked again. */
  readonly #rest: Timer;
  readonly #look = () => this.look();
  readonly #rests = new Set<() => void>();
  #finalStore = new Map<string, Value>();
  /** What the last plan found to begin and nobody has taken. */
  #backlog: readonly Instance[] = [];
  /** How many records have changed since the last plan, and how many instances it knew. */
  #news = 0;
  #size = 0;
  #settlement = openSettlement();
  /** How often in a row the store failed. */
  #failures = 0;
  #isResting = false;
  #isLooking = false;
  /** Fulfils when nothing is looked at. */
  #still: Promise<void> = Promise.resolve();
  #looksAgain = false;
  #hasEnded = false;
  #isClosing = false;

  constructor(place: Place, name: RunName, graph: Graph, keeper: Keeper) {
    this.#place = place;
    this.#name = name;
    this.#graph = graph;
    this.#keeper = keeper;
    this.#timer = new Timer(place.clock, this.#look);
    this.#rest = new Timer(place.clock, () => this.#wake());
    const run = runView(place.reader, name);
    this.#startedAt = mustRead(run, name).startedAt;
    const workers = place.reader.scope("worker");
    this.#unsubscribe = [
      run.subscribe((commit) => this.#hear(commit)),
      workers.watch(({ type }) => {
        if (type === "expire" || type === "delete") this.look();
      }),
    ];
    this.#records = new Records(run);
    place.lease.hold();
  }

  /** What comes of the run, to whoever asks from now on: those who waited when the store failed have heard of that, and the run may be driven still. */
  get done(): Promise<RunResult> {
    return this.#settlement.promise;
  }

  #hear(commit: StoreCommit): void {
    const changed = this.#records.hear(commit);
    this.#news += changed.length;
    // Once a node has failed, nothing new begins.
    if (changed.some(({ status }) => status === "failed")) this.#backlog = [];
    this.#keepStore(commit);
    // A store that tells something works.
    if (this.#isResting) this.#wake();
    else this.look();
  }

  #wake(): void {
    this.#isResting = false;
    this.#rest.clear();
    this.look();
  }

  /** Looks at the run soon; many calls at once are one look. */
  look(): void {
    this.#looksAgain = true;
    if (this.#isLooking || this.#isResting || this.#hasEnded) return;
    this.#isLooking = true;
    this.#still = this.#still.then(() => this.#lookUntilStill());
  }

  async #lookUntilStill(): Promise<void> {
    try {
      while (this.#looksAgain && !this.#isResting && !this.#hasEnded) {
        this.#looksAgain = false;
        await this.#step();
        // What was taken has yet to show that its commits come about.
        if (this.#pending.size === 0 && !this.#isResting) this.#failures = 0;
      }
    } catch (error) {
      this.#stumble(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /** One look: what has ended is settled, what can begin is taken. */
  async #step(): Promise<void> {
    const run = runView(this.#place.reader, this.#name);
    const record = readRun(run);
    if (record?.startedAt !== this.#startedAt) {
      const { id } = this.#name;
      return this.#fail(new HoldallError("NOT_FOUND", `Run ${JSON.stringify(id)} is gone`, { key: id }));
    }
    if (record.status !== "running") return (await this.#isEnlisted(record)) ? this.#ended(record) : this.look();
    this.#stopWhatWasTaken();
    if (this.#mayWait()) return this.#take(this.#backlog, []);
    this.#news = 0;
    const next = plan(this.#graph, this.#records.all);
    this.#size = next.all.length;
    const wanted = this.#wanted(next);
    if (wanted.length > 0 || next.skipped.length > 0) await this.#take(wanted, next.skipped);
    else if (this.#mayFinish(next) && !(await finish(this.#place, this.#name, this.#startedAt, this.#graph))) this.look();
    if (!this.#hasEnded) this.#setTimer(next);
  }

  /** Tells the list of runs of an end. `false` when somebody has resumed the run meanwhile, who counts on this driver: the list has heard that too then. */
  async #isEnlisted(record: RunRecord): Promise<boolean> {
    const { enlist, reader } = this.#place;
    if (enlist === undefined) return true;
    await enlist(this.#name, record);
    const present = readRun(runView(reader, this.#name));
    if (present?.status !== "running" || present.startedAt !== this.#startedAt) return true;
    await enlist(this.#name, present);
    return false;
  }

  /**
   * Whether the next plan may wait: what the last one found has not all been taken, and little has happened since. A plan costs by the size of the run, so that a
   * fan-out of many items would cost their square.
   */
  #mayWait(): boolean {
    return this.#backlog.length > 0 && this.#news < this.#size / 20 && !this.#isClosing;
  }

  #isMine = (token: string): boolean => this.#running.has(token);

  /** What could be taken: nodes that are ready, and those that nobody is at. When one has failed, hooks only. */
  #wanted({ ready, open, failed }: Plan): Instance[] {
    if (this.#isClosing) return [];
    const { all: records } = this.#records;
    const delays = runView(this.#place.reader, this.#name).scope(delayScope);
    const free = open.filter(({ name }) =>
      isFree(this.#place.reader, delays, records.get(name) as NodeRecord, name, this.#place.worker, this.#isMine),
    );
    if (failed.length === 0) return [...free, ...ready];
    return free.filter(({ name }) => (records.get(name)?.hooks?.length ?? 0) > 0);
  }

  #mayFinish({ ready, open, failed }: Plan): boolean {
    if (failed.length === 0) return ready.length + open.length === 0;
    return !open.some(({ name }) => isBusy(this.#place.reader, this.#records.all.get(name) as NodeRecord));
  }

  async #take(wanted: readonly Instance[], skipped: readonly Instance[]): Promise<void> {
    const { slots } = this.#place;
    const count = Math.min(slots.free, wanted.length);
    this.#backlog = wanted.slice(count);
    if (count < wanted.length) slots.wait(this.#look);
    if (count === 0 && skipped.length === 0) return;
    slots.take(count);
    let claims: readonly Claim[] = [];
    try {
      claims = await claim(this.#place, this.#name, this.#startedAt, wanted.slice(0, count), skipped, this.#isMine);
    } finally {
      slots.give(count - claims.length);
    }
    // Whoever is closed meanwhile begins nothing: these are free for others when the lease ends.
    if (this.#isClosing) return slots.give(claims.length);
    for (const taken of claims) {
      const pending = this.#execute(taken).finally(() => this.#pending.delete(pending));
      this.#pending.add(pending);
    }
  }

  async #execute(taken: Claim): Promise<void> {
    const { token } = taken.record;
    try {
      const execution = new Execution(
        this.#place,
        this.#name,
        this.#graph,
        taken,
        sightOf(this.#place, this.#name, this.#graph),
        undefined,
        this.#patience,
      );
      this.#running.set(token, { instance: taken.instance.name, execution });
      await execution.run();
      this.#failures = 0;
      if (execution.failure !== undefined) this.#thrown.set(taken.instance.name, execution.failure.error);
    } catch (error) {
      this.#stumble(error);
    } finally {
      this.#running.delete(token);
      this.#place.slots.give(1);
      this.look();
    }
  }

  /** What another worker has taken over is none of ours any more. If it has our name, it stands in our place: we give up the run. */
  #stopWhatWasTaken(): void {
    for (const [token, { instance, execution }] of this.#running) {
      const record = this.#records.all.get(instance);
      if (record?.token === token) continue;
      execution.stop(new HoldallError("LEASE_LOST", `Another worker has taken over node ${JSON.stringify(instance)}`));
      if (record?.worker !== this.#place.worker) continue;
      throw new HoldallError(
        "LEASE_LOST",
        `Another worker with the name ${JSON.stringify(record.worker)} is at run ${JSON.stringify(this.#name.id)}`,
      );
    }
  }

  /** Rings when the first of those that wait may go on, or the lease of one who has a node ends. */
  #setTimer({ open }: Plan): void {
    const { reader, worker } = this.#place;
    const delays = runView(reader, this.#name).scope(delayScope);
    let soonest = Number.POSITIVE_INFINITY;
    for (const { name } of open) {
      const record = this.#records.all.get(name) as NodeRecord;
      const isForeign = record.worker !== worker && record.status !== "waiting";
      const left = record.status === "waiting" ? delays.ttl(name) : isForeign ? reader.ttl(workerKey(record.worker)) : null;
      soonest = Math.min(soonest, left ?? Number.POSITIVE_INFINITY);
    }
    if (soonest === Number.POSITIVE_INFINITY || this.#isClosing) this.#timer.clear();
    else this.#timer.set(soonest);
  }

  /** The commit that completes a run may remove its store: what it held comes with it. */
  #keepStore({ changes }: StoreCommit): void {
    const ends = changes.some(({ key, value }) => key === recordKey && (value as RunRecord | undefined)?.status === "completed");
    if (!ends) return;
    const prefix = `${storeScope}:`;
    for (const { key, type, previous } of changes) {
      if (type === "delete" && key.startsWith(prefix) && previous !== undefined) this.#finalStore.set(key.slice(prefix.length), previous);
    }
  }

  #ended({ status, failedNode = "", error = { name: "Error", message: "unknown" } }: RunRecord): void {
    const { id } = this.#name;
    if (status === "completed") this.#end(({ resolve }) => resolve(this.#result()));
    else if (status === "cancelled") this.#fail(new HoldallError("CANCELLED", `Run ${JSON.stringify(id)} was cancelled`, { key: id }));
    else {
      const cause = this.#thrownBy(failedNode) ?? Object.assign(new Error(error.message), error);
      this.#end(({ reject }) => reject(new NodeFailedError(id, failedNode, cause)));
    }
  }

  /** What a node threw here: its execution may be about to end. */
  #thrownBy(instance: string): unknown {
    const running = [...this.#running.values()].find((other) => other.instance === instance);
    return running?.execution.failure?.error ?? this.#thrown.get(instance);
  }

  /**
   * The store failed. Those who wait for the run hear of it; where it is driven on, what runs here goes on and counts, so that nothing is begun beside itself, and
   * the next look comes after a rest.
   */
  #stumble(error: unknown): void {
    if (this.#hasEnded) return;
    if (!this.#goesOnAfter(error, this.#failures === 0)) {
      this.#fail(error);
      return;
    }
    this.#settlement.reject(error);
    this.#settlement = openSettlement();
    this.#failures += 1;
    this.#isResting = true;
    this.#looksAgain = true;
    const { lease, random } = this.#place;
    letExit(this.#rest.set(restAfter(this.#failures, lease.span, random)));
  }

  /** What came of a node waits for its store, where the run is driven on. */
  #patience: Patience = async (error, failures) => {
    if (!this.#goesOnAfter(error, failures === 0)) return false;
    const { clock, lease, random } = this.#place;
    await new Promise<void>((resolve) => {
      const timer = new Timer(clock, () => end());
      const end = () => {
        timer.clear();
        this.#rests.delete(end);
        resolve();
      };
      this.#rests.add(end);
      letExit(timer.set(restAfter(failures + 1, lease.span, random)));
    });
    // Who is closed meanwhile tries once more.
    return !this.#hasEnded;
  };

  #goesOnAfter(error: unknown, isFirst: boolean): boolean {
    const isFinal = error instanceof HoldallError && final.includes(error.code);
    return !isFinal && !this.#isClosing && !this.#hasEnded && this.#keeper.staysOn(error, isFirst);
  }

  #endRests(): void {
    this.#rest.clear();
    for (const end of this.#rests) end();
  }

  /** What runs does not count any more. */
  #fail(error: unknown): void {
    const { id } = this.#name;
    for (const { execution } of this.#running.values()) {
      execution.stop(
        error instanceof HoldallError
          ? error
          : new HoldallError("CANCELLED", `Run ${JSON.stringify(id)} goes on no more`, { cause: error }),
      );
    }
    this.#end(({ reject }) => reject(error), error);
  }

  #result(): RunResult {
    const store = new Map([...this.#finalStore, ...runView(this.#place.reader, this.#name).scope(storeScope).entries()]);
    return { id: this.#name.id, outputs: allOutputs(sightOf(this.#place, this.#name, this.#graph)), store: Object.fromEntries(store) };
  }

  #end(settle: (settlement: Settlement) => void, error?: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timer.clear();
    this.#endRests();
    this.#place.slots.forget(this.#look);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#place.lease.letGo();
    settle(this.#settlement);
    this.#keeper.ended(error);
  }

  /** Takes no more nodes, and waits no longer for those that run: what they do does not count. */
  giveUp(): void {
    this.#isClosing = true;
    for (const { instance, execution } of this.#running.values())
      execution.stop(new HoldallError("CLOSED", `The runner was closed while node ${JSON.stringify(instance)} ran`));
  }

  /** Takes no more nodes, waits for those that run, and drives no more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#timer.clear();
    this.#endRests();
    // What is being taken just now has to be known, and no commit of ours may come behind the end of the lease.
    await this.#still;
    await Promise.all(this.#pending);
    await this.#still;
    const { id } = this.#name;
    this.#end(({ reject }) =>
      reject(new HoldallError("CLOSED", `The runner was closed while run ${JSON.stringify(id)} went on`, { key: id })),
    );
  }
}
