/**
 * Runs graphs on a store: see {@link Runner}.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../errors.js";
import type { Reader } from "../store/types/index.js";
import { begin, checkGiven } from "./beginning.js";
import { Driver } from "./driver.js";
import { cancel, mustRead, revive } from "./ending.js";
import { GraphError } from "./errors.js";
import {
  checkName,
  graphKey,
  nameRun,
  type RunName,
  readNodes,
  readRun,
  readRunName,
  recordKey,
  runsPrefix,
  runView,
  statusTag,
  storeScope,
  templateKey,
} from "./layout.js";
import { newId } from "./names.js";
import { placeOf } from "./options.js";
import type { Place } from "./place.js";
import { plan } from "./plan.js";
import { step } from "./step.js";
import { type Graph, graphOf } from "./template/graph.js";
import { validate } from "./template/validate.js";
import type {
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

class StoreRunner implements Runner {
  readonly worker: string;
  readonly #place: Place;
  readonly #drivers = new Map<string, Driver>();
  readonly #works = new Set<() => void>();
  #closed: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    this.#place = placeOf(options);
    this.worker = this.#place.worker;
  }

  async upsertGraph(name: string, template: GraphTemplate): Promise<{ readonly warnings: readonly GraphWarning[] }> {
    this.#checkOpen();
    checkName("name", name);
    const { problems, warnings } = validate(template, this.#place.nodes);
    if (problems.length > 0) throw new GraphError(name, problems);
    await this.#place.commit((transaction) => transaction.set(graphKey(name), template));
    return { warnings };
  }

  async trigger(graph: string, options: TriggerOptions = {}): Promise<Run> {
    this.#checkOpen();
    const name = nameRun(graph, options.id ?? newId(this.#place.clock.now()));
    checkGiven(options.store);
    await this.#place.commit((transaction) => begin(transaction, { name, options, status: "running", now: this.#place.clock.now() }));
    return this.#drive(name);
  }

  async resume(id: string): Promise<Run> {
    this.#checkOpen();
    const name = readRunName(id);
    const record = mustRead(runView(this.#place.reader, name), name);
    if (record.status === "development") throw new HoldallTypeError(`Run ${JSON.stringify(id)} is one of development: step it`);
    this.#graphOf(name);
    if (record.status === "failed") await revive(this.#place, name);
    return this.#drive(name);
  }

  cancel(id: string): Promise<boolean> {
    return this.#whenOpen(() => cancel(this.#place, readRunName(id)));
  }

  step(graph: string, node: string, options: StepOptions = {}): Promise<StepResult> {
    return this.#whenOpen(() => step(this.#place, graph, node, options));
  }

  inspect(id: string): RunProgress | undefined {
    const name = readRunName(id);
    const view = runView(this.#place.reader, name);
    const run = readRun(view);
    const template = view.get<GraphTemplate>(templateKey) as GraphTemplate | undefined;
    if (run === undefined || template === undefined) return undefined;
    const nodes = readNodes(view);
    const known = plan(graphOf(template), nodes).all.flatMap(({ name }) => {
      const record = nodes.get(name);
      return record === undefined ? [] : [[name, record] as const];
    });
    return { run, nodes: new Map(known) };
  }

  work(): () => void {
    this.#checkOpen();
    const { reader } = this.#place;
    const join = (id: string) => {
      const name = readRunName(id);
      if (!this.#drivers.has(id) && this.#hasCodeFor(name)) this.#drive(name);
    };
    const unsubscribe = reader.subscribe(({ changes }) => {
      for (const { key, value } of changes) {
        const [, graph, id] = /^run:([^:]+):([^:]+):run$/.exec(key) ?? [];
        if (id !== undefined && (value as { status?: unknown } | undefined)?.status === "running") join(`${graph}:${id}`);
      }
    });
    for (const key of reader.find({ allTags: [statusTag("running")], prefix: runsPrefix })) {
      join(key.slice(runsPrefix.length, -recordKey.length - 1));
    }
    const stop = () => {
      this.#works.delete(stop);
      unsubscribe();
    };
    this.#works.add(stop);
    return stop;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const stop of this.#works) stop();
    await Promise.all([...this.#drivers.values()].map((driver) => driver.close()));
    await this.#place.lease.end();
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new HoldallError("CLOSED", "The runner is closed");
  }

  async #whenOpen<R>(call: () => Promise<R>): Promise<R> {
    this.#checkOpen();
    return call();
  }

  /** The graph that a run began with. Throws `UNKNOWN_NODE` where code of it is missing here. */
  #graphOf(name: RunName): Graph {
    const view = runView(this.#place.reader, name);
    const graph = graphOf(view.getOrThrow<GraphTemplate>(templateKey) as GraphTemplate);
    const unknown = [...graph.nodes.values()].find((node) => !Object.hasOwn(this.#place.nodes, node.name));
    if (unknown !== undefined) {
      throw new HoldallError("UNKNOWN_NODE", `There is no code for ${JSON.stringify(unknown.name)} of run ${JSON.stringify(name.id)}`, {
        key: unknown.name,
      });
    }
    return graph;
  }

  #hasCodeFor(name: RunName): boolean {
    try {
      return this.#graphOf(name) !== undefined;
    } catch {
      return false;
    }
  }

  #drive(name: RunName): Run {
    const { reader } = this.#place;
    let driver = this.#drivers.get(name.id);
    if (driver === undefined) {
      const made = new Driver(this.#place, name, this.#graphOf(name), () => {
        if (this.#drivers.get(name.id) === made) this.#drivers.delete(name.id);
      });
      this.#drivers.set(name.id, made);
      made.look();
      driver = made;
    }
    return runHandle(name, driver, reader);
  }
}

/** What callers hold of a run. */
function runHandle(name: RunName, { done }: Driver, reader: Reader): Run {
  const view = runView(reader, name);
  let last = readRun(view)?.status ?? "running";
  return {
    id: name.id,
    get status() {
      last = readRun(view)?.status ?? last;
      return last;
    },
    store: view.scope(storeScope),
    done,
  };
}
