/**
 * Where things lie in the store; `types/progress.ts` describes the layout, this is the only code that spells its keys.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import type { Reader, Transaction } from "../store/types/index.js";
import type { NodeRecord, RunRecord } from "./types/index.js";

/** A run's names. */
export interface RunName {
  /** The graph's name. */
  readonly graph: string;
  /** Its id within the graph. */
  readonly short: string;
  /** The two together. */
  readonly id: string;
}

/** Keys of a run's scope. */
export const recordKey = "run";
/** The template that the run began with. */
export const templateKey = "template";
/** Scopes of a run's scope: node records by instance. */
export const nodeScope = "node";
/** Until when waiting nodes wait, by instance. */
export const delayScope = "delay";
/** The run's own store. */
export const storeScope = "store";

/** The key of what a node gave, in a run's scope; in development mode in any cache. */
export const outputKey = (instance: string): string => `${instance}_output`;
/** The key of a worker's lease. */
export const workerKey = (worker: string): string => `worker:${worker}`;
/** Scope of the runner's store: how long runs in stores of their own are kept, by the run's id. */
export const keptScope = "kept";
/** The key of a graph's template. */
export const graphKey = (graph: string): string => `graph:${graph}`;
/** The tag of a run's record. */
export const statusTag = (status: RunRecord["status"]): string => `run:${status}`;
/** What the keys of all runs begin with. */
const runsPrefix = "run:";

/** A name that stands between two colons. Throws `INVALID_ARGUMENT`. */
export function checkName(what: string, name: unknown): asserts name is string {
  if (typeof name !== "string" || name === "" || name.includes(":") || name.startsWith("~")) {
    throw new HoldallTypeError(`${what} must be a text that is not empty, has no ":" and does not begin with "~"`);
  }
}

/** Names a run. Throws `INVALID_ARGUMENT`. */
export function nameRun(graph: unknown, short: unknown): RunName {
  checkName("graph", graph);
  checkName("id", short);
  return { graph, short, id: `${graph}:${short}` };
}

/** Reads a run's names from the two together. Throws `INVALID_ARGUMENT`. */
export function readRunName(id: unknown): RunName {
  const [graph, short, more] = typeof id === "string" ? id.split(":") : [];
  if (more !== undefined) throw new HoldallTypeError("run must be <graph>:<id>, as trigger gives it");
  return nameRun(graph, short);
}

/** The run whose record lies under a key; `undefined` for any other key, such as one of an entry that a node gave the tag of a record. */
export function runOfRecord(key: string): RunName | undefined {
  const [, graph, short] = /^run:([^:~][^:]*):([^:~][^:]*):run$/.exec(key) ?? [];
  return graph === undefined || short === undefined ? undefined : nameRun(graph, short);
}

/** The runs that have a status, by their records. */
export function* runsThat(reader: Reader, status: RunRecord["status"]): Generator<RunName> {
  for (const key of reader.find({ allTags: [statusTag(status)], prefix: runsPrefix })) {
    const name = runOfRecord(key);
    if (name !== undefined) yield name;
  }
}

/** The part of a view that a run lies in. */
export function runView<V extends { scope(name: string): V }>(view: V, { id }: RunName): V {
  // In one step, since each view on the way costs.
  return view.scope(`run:${id}`);
}

/** The run's record, or `undefined` where there is none. */
export function readRun(run: Reader | Transaction): RunRecord | undefined {
  return run.get<RunRecord>(recordKey) as RunRecord | undefined;
}

/** The records of all nodes that a run has, by instance. */
export function readNodes(run: Reader | Transaction): Map<string, NodeRecord> {
  return new Map(run.scope(nodeScope).entries<NodeRecord>() as IterableIterator<[string, NodeRecord]>);
}
