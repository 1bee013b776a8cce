/**
 * Runs graphs on a store: see {@link Runner}.
 *
 * @module
 */

import { type ErrorCode, HoldallError, HoldallTypeError } from "../errors.js";
import type { Milliseconds } from "../store/types/index.js";
import { checkNumber } from "./arguments.js";
import { checkGiven } from "./beginning.js";
import { Driver } from "./driver.js";
import { cancel, recordToResume, revive } from "./ending.js";
import { GraphError } from "./errors.js";
import { progressAt, runHandle, undefinedWhereMissing } from "./handle.js";
import type { Home, Stay } from "./home.js";
import { Joining } from "./joining.js";
import { checkName, graphKey, nameRun, type RunName, readRun, readRunName, runOfRecord, runsThat, runView, templateKey } from "./layout.js";
import { newId } from "./names.js";
import { homeOf, placeOf } from "./options.js";
import type { Place } from "./place.js";
import { step } from "./step.js";
import { type Graph, graphOf } from "./template/graph.js";
import { validate } from "./template/validate.js";
import { longestSpan, Timer } from "./timer.js";
import type {
  CloseOptions,
  GraphTemplate,
  GraphWarning,
  Run,
  Runner,
  RunnerOptions,
  RunProgress,
  StepOptions,
  StepResult,
  TriggerOptions,
} from "./types/index.js";

/**
 * Makes a runner of graphs on a store. All that it knows of its runs is in the store, so another runner, in another process, goes on where this one
 * stops.
 *
 * @throws `INVALID_ARGUMENT` or `OUT_OF_RANGE` for options, naming the one.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 * import { createRunner } from "holdall/workflow";
 *
 * const runner = createRunner({
 *   store: createStore(),
 *   nodes: {
 *     greet: ({ name }) => ({ text: `Hello ${name}` }),
 *     count: { post: (store, { input }) => store.update("letters", (before) => Number(before ?? 0) + input.text.length) },
 *   },
 * });
 * await runner.upsertGraph("welcome", {
 *   store_config: { required_keys: ["guest"] },
 *   nodes: [
 *     { node_name: "greet", identifier: "greet", inputs: { name: "${{ store.guest }}" }, next_nodes: ["count"] },
 *     { node_name: "count", identifier: "count" },
 *   ],
 * });
 * const run = await runner.trigger("welcome", { store: { guest: "Ada" } });
 * const { outputs, store } = await run.done; // outputs.greet: { text: "Hello Ada" }, store.letters: 9
 * await runner.close();
 * ```
 */
export function createRunner(options: RunnerOptions): Runner {
  return new StoreRunner(options);
}

/** What reads throw of a store that works again, or is opened again, later. */
const unreadable: readonly ErrorCode[] = ["ENGINE_FAILED", "CLOSED"];

/** What cannot be gone to when the list of runs cannot be read; no run is called so. */
const list = "";

class StoreRunner implements Runner {
  readonly worker: string;
  readonly #place: Place;
  readonly #home: Home;
  readonly #drivers = new Map<string, Driver>();
  /** Stays that are being ended, runs that are being gone to, and calls: what `close` waits for. */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #works = new Set<() => void>();
  readonly #joining: Joining;
  #closed: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    this.#place = placeOf(options);
    this.#home = homeOf(this.#place, options);
    this.worker = this.#place.worker;
    this.#joining = new Joining(this.#place, () => this.#joinAll());
  }

  async upsertGraph(name: string, template: GraphTemplate): Promise<{ readonly warnings: readonly GraphWarning[] }> {
    this.#checkOpen();
    checkName("name", name);
    const { problems, warnings } = validate(template, this.#place.nodes);
    if (problems.length > 0) throw new GraphError(name, problems);
    await this.#place.commit((transaction) => transaction.set(graphKey(name), template));
    return { warnings };
  }

  trigger(graph: string, options: TriggerOptions = {}): Promise<Run> {
    return this.#whenOpen(async () => {
      checkGiven(options);
      const name = nameRun(graph, options.id ?? newId(this.#place.clock.now()));
      return this.#drive(name, await this.#home.begin(name, options));
    });
  }

  resume(id: string): Promise<Run> {
    return this.#whenOpen(() => this.#resume(id));
  }

  async #resume(id: string): Promise<Run> {
    const name = readRunName(id);
    const stay = await this.#home.visit(name);
    try {
      const record = await recordToResume(stay.place, name);
      if (record.status === "development") throw new HoldallTypeError(`Run ${JSON.stringify(id)} is one of development: step it`);
      this.#graphOf(stay.place, name);
      if (record.status === "failed") await revive(stay.place, name);
      // Whoever revived it can have died before the list was told.
      if (readRun(runView(this.#place.reader, name))?.status !== "running") await this.#enlist(stay.place, name);
      return this.#drive(name, stay);
    } catch (error) {
      await stay.leave();
      throw error;
    }
  }

  cancel(id: string): Promise<boolean> {
    return this.#whenOpen(async () => {
      const name = readRunName(id);
      return this.#visiting(name, async (place) => {
        const isCancelled = await cancel(place, name);
        if (isCancelled) await this.#enlist(place, name);
        return isCancelled;
      });
    });
  }

  async step(graph: string, node: string, options: StepOptions = {}): Promise<StepResult> {
    this.#checkOpen();
    return step(this.#place, graph, node, options);
  }

  inspect(id: string): RunProgress | undefined {
    const name = readRunName(id);
    return progressAt(this.#home.present(name), name);
  }

  progress(id: string): Promise<RunProgress | undefined> {
    return this.#whenOpen(async () => {
      const name = readRunName(id);
      return this.#visiting(name, async (place) => progressAt(place, name)).catch(undefinedWhereMissing);
    });
  }

  work(): () => void {
    this.#checkOpen();
    const { reader } = this.#place;
    const unsubscribe = reader.subscribe(({ changes }) => {
      for (const { key, value } of changes) {
        const name = runOfRecord(key);
        if (name !== undefined && (value as { status?: unknown } | undefined)?.status === "running") this.#joinIfAble(name);
      }
    });
    const stop = () => {
      this.#works.delete(stop);
      unsubscribe();
    };
    this.#works.add(stop);
    this.#joinAll();
    return stop;
  }

  close({ timeout }: CloseOptions = {}): Promise<void> {
    if (timeout !== undefined) return this.#closeWithin(timeout);
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #closeWithin(timeout: Milliseconds): Promise<void> {
    checkNumber("timeout", timeout, 0, longestSpan);
    this.#closed ??= this.#close();
    let isLate = false;
    const timer = new Timer(this.#place.clock, () => {
      isLate = true;
      for (const driver of this.#drivers.values()) driver.giveUp();
    });
    timer.set(timeout);
    try {
      await this.#closed;
    } finally {
      timer.clear();
    }
    if (isLate) throw new HoldallError("TIMEOUT", "Not every node ended in time; those that did not begin anew where their runs go on");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const stop of this.#works) stop();
    this.#joining.end();
    await Promise.all(this.#pending);
    await Promise.all([...this.#drivers.values()].map((driver) => driver.close()));
    await Promise.all(this.#pending);
    await this.#home.close();
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new HoldallError("CLOSED", "The runner is closed");
  }

  /** Makes a call that `close` waits for. */
  async #whenOpen<R>(call: () => Promise<R>): Promise<R> {
    this.#checkOpen();
    const calling = call();
    const ignore = () => {};
    this.#wait(calling.then(ignore, ignore));
    return calling;
  }

  /** Does something at a run. */
  async #visiting<R>(name: RunName, work: (place: Place) => Promise<R>): Promise<R> {
    const stay = await this.#home.visit(name);
    try {
      return await work(stay.place);
    } finally {
      await stay.leave();
    }
  }

  /** Has the list of runs say how one stands now. */
  async #enlist(place: Place, name: RunName): Promise<void> {
    const record = readRun(runView(place.reader, name));
    if (record !== undefined) await place.enlist?.(name, record);
  }

  /** The graph that a run began with. Throws `UNKNOWN_NODE` where code of it is missing here. */
  #graphOf(place: Place, name: RunName): Graph {
    const view = runView(place.reader, name);
    const graph = graphOf(view.getOrThrow<GraphTemplate>(templateKey) as GraphTemplate);
    const unknown = [...graph.nodes.values()].find((node) => !Object.hasOwn(this.#place.nodes, node.name));
    if (unknown !== undefined) {
      throw new HoldallError("UNKNOWN_NODE", `There is no code for ${JSON.stringify(unknown.name)} of run ${JSON.stringify(name.id)}`, {
        key: unknown.name,
      });
    }
    return graph;
  }

  /** Whether this runner has the code, as far as the list tells: of a run that had ended and was revived it has no template. */
  #mayHaveCodeFor(name: RunName): boolean {
    return !runView(this.#place.reader, name).has(templateKey) || this.#hasCodeFor(this.#place, name);
  }

  /** Throws where the store cannot be read. */
  #hasCodeFor(place: Place, name: RunName): boolean {
    try {
      return this.#graphOf(place, name) !== undefined;
    } catch (error) {
      if (error instanceof HoldallError && unreadable.includes(error.code)) throw error;
      return false;
    }
  }

  /** Takes part in a run that nobody here asked for. */
  #join(name: RunName): void {
    const join = async () => {
      try {
        await this.#driveWhereAble(name);
        this.#joining.settle(name.id);
      } catch (error) {
        if ((error as { readonly code?: unknown } | null)?.code === "NOT_FOUND") this.#joining.settle(name.id);
        else this.#joinLater(name.id);
        throw error;
      }
    };
    this.#wait(join());
  }

  async #driveWhereAble(name: RunName): Promise<void> {
    const stay = await this.#home.visit(name);
    let isDriven = false;
    try {
      if (this.#closed !== undefined || !this.#hasCodeFor(stay.place, name)) return;
      this.#drive(name, stay);
      isDriven = true;
    } finally {
      if (!isDriven) await stay.leave();
    }
  }

  /** Looks again at what goes on, after a while: a run that could not be gone to now may have nobody else. */
  #joinLater(what: string): void {
    if (this.#isWorking) this.#joining.later(what);
  }

  get #isWorking(): boolean {
    return this.#works.size > 0 && this.#closed === undefined;
  }

  /** Takes part in what goes on, where it has the code and is not there yet. */
  #joinAll(): void {
    if (!this.#isWorking) return;
    try {
      for (const name of runsThat(this.#place.reader, "running")) this.#joinIfAble(name);
      this.#joining.settle(list);
    } catch (error) {
      this.#place.report(error);
      // A store that is closed has nothing more to say.
      if (!(error instanceof HoldallError && error.code === "CLOSED")) this.#joinLater(list);
    }
  }

  #joinIfAble(name: RunName): void {
    if (!this.#drivers.has(name.id) && this.#mayHaveCodeFor(name)) this.#join(name);
  }

  /** Whether a run is driven on whose store failed: by who works on all of them it is. */
  #staysOn(error: unknown, isFirst: boolean): boolean {
    if (this.#isWorking && isFirst) this.#place.report(error);
    return this.#isWorking;
  }

  #hasEnded(name: RunName, driver: Driver, stay: Stay, error: unknown): void {
    if (this.#drivers.get(name.id) === driver) this.#drivers.delete(name.id);
    this.#wait(stay.leave());
    // The run's own store was closed beneath it: it can be opened again.
    if (error instanceof HoldallError && error.code === "CLOSED") this.#joinLater(name.id);
  }

  /** Has `close` wait for something; what becomes of it is told to nobody else. */
  #wait(work: Promise<void>): void {
    const waiting = work.catch(this.#place.report).finally(() => this.#pending.delete(waiting));
    this.#pending.add(waiting);
  }

  /** Drives a run; the stay ends with that. */
  #drive(name: RunName, stay: Stay): Run {
    const { place } = stay;
    let driver = this.#drivers.get(name.id);
    if (driver !== undefined) this.#wait(stay.leave());
    else {
      const made: Driver = new Driver(place, name, this.#graphOf(place, name), {
        staysOn: (error, isFirst) => this.#staysOn(error, isFirst),
        ended: (error) => this.#hasEnded(name, made, stay, error),
      });
      this.#drivers.set(name.id, made);
      // It may have been closed while the run was begun, or gone to.
      if (this.#closed === undefined) made.look();
      else this.#wait(made.close());
      driver = made;
    }
    return runHandle(name, driver, stay);
  }
}
