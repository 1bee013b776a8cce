/**
 * Runs graphs on a store: see {@link Runner}.
 *
 * @module
 */

import { letExit } from "../clock.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import type { Milliseconds } from "../store/types/index.js";
import { checkNumber } from "./arguments.js";
import { checkGiven } from "./beginning.js";
import { Driver } from "./driver.js";
import { cancel, mustRead, revive } from "./ending.js";
import { GraphError } from "./errors.js";
import type { Home, Stay } from "./home.js";
import {
  checkName,
  graphKey,
  nameRun,
  type RunName,
  readNodes,
  readRun,
  readRunName,
  runOfRecord,
  runsThat,
  runView,
  storeScope,
  templateKey,
} from "./layout.js";
import { newId } from "./names.js";
import { homeOf, placeOf } from "./options.js";
import type { Place } from "./place.js";
import { plan } from "./plan.js";
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
  RunRecord,
  RunStatus,
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

class StoreRunner implements Runner {
  readonly worker: string;
  readonly #place: Place;
  readonly #home: Home;
  readonly #drivers = new Map<string, Driver>();
  /** Stays that are being ended, runs that are being gone to, and calls: what `close` waits for. */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #works = new Set<() => void>();
  readonly #rejoining: Timer;
  #closed: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    this.#place = placeOf(options);
    this.#home = homeOf(this.#place, options);
    this.worker = this.#place.worker;
    this.#rejoining = new Timer(this.#place.clock, () => this.#joinAll());
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
    this.#rejoining.clear();
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

  #hasCodeFor(place: Place, name: RunName): boolean {
    try {
      return this.#graphOf(place, name) !== undefined;
    } catch {
      return false;
    }
  }

  /** Takes part in a run that nobody here asked for. */
  #join(name: RunName): void {
    const join = async () => {
      const stay = await this.#home.visit(name).catch((error) => {
        if ((error as { readonly code?: unknown } | null)?.code !== "NOT_FOUND") this.#joinLater();
        throw error;
      });
      if (this.#closed === undefined && this.#hasCodeFor(stay.place, name)) this.#drive(name, stay);
      else await stay.leave();
    };
    this.#wait(join());
  }

  /** Looks again at what goes on, after a while: a run that could not be gone to now may have nobody else. */
  #joinLater(): void {
    if (this.#works.size > 0 && this.#closed === undefined) letExit(this.#rejoining.set(this.#place.lease.span / 3));
  }

  /** Takes part in what goes on, where it has the code and is not there yet. */
  #joinAll(): void {
    if (this.#works.size > 0) for (const name of runsThat(this.#place.reader, "running")) this.#joinIfAble(name);
  }

  #joinIfAble(name: RunName): void {
    if (!this.#drivers.has(name.id) && this.#mayHaveCodeFor(name)) this.#join(name);
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
      const made = new Driver(place, name, this.#graphOf(place, name), () => {
        if (this.#drivers.get(name.id) === made) this.#drivers.delete(name.id);
        this.#wait(stay.leave());
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

/** The record of a run that is to be resumed. One that is seen as failed is revived by a commit, which says whether it is; all else may be of the past. */
async function recordToResume(place: Place, name: RunName): Promise<RunRecord> {
  const run = runView(place.reader, name);
  if (readRun(run)?.status !== "failed") await place.catchUp();
  return mustRead(run, name);
}

/** What is known of a run at a place. */
function progressAt({ reader }: Place, name: RunName): RunProgress | undefined {
  const view = runView(reader, name);
  const run = readRun(view);
  if (run === undefined) return undefined;
  const template = view.get<GraphTemplate>(templateKey) as GraphTemplate | undefined;
  const nodes = readNodes(view);
  const instances = template === undefined ? [] : plan(graphOf(template), nodes).all;
  const known = instances.flatMap(({ name }) => {
    const record = nodes.get(name);
    return record === undefined ? [] : [[name, record] as const];
  });
  return { run, nodes: new Map(known) };
}

/** What is there to see where there is no run. */
function undefinedWhereMissing(error: unknown): undefined {
  if (error instanceof HoldallError && error.code === "NOT_FOUND") return undefined;
  throw error;
}

/** What callers hold of a run. */
function runHandle(name: RunName, { done }: Driver, { place, status }: Stay): Run {
  let last: RunStatus = "running";
  return {
    id: name.id,
    get status() {
      last = status() ?? last;
      return last;
    },
    store: runView(place.reader, name).scope(storeScope),
    done,
  };
}
