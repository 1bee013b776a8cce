/**
 * Development mode: one node at a time, on a run that stays, with the outputs of the nodes before it taken from where earlier steps left them.
 *
 * @module
 */
import { HoldallError, HoldallTypeError } from "../errors.js";
import type { Transaction, Value } from "../store/types/index.js";
import { checkStep } from "./arguments.js";
import { begin, checkGiven, putRecord } from "./beginning.js";
import { type Claim, putNode } from "./claim.js";
import { Execution, sightOf } from "./execution.js";
import { graphKey, nameRun, nodeScope, outputKey, type RunName, readRun, runView, storeScope, templateKey } from "./layout.js";
import { randomName } from "./names.js";
import type { Place } from "./place.js";
import { instanceOf } from "./plan.js";
import type { Sight } from "./seen.js";
import { eachText, parseExpression } from "./template/expression.js";
import { type Graph, type GraphNode, graphOf } from "./template/graph.js";
import type { GraphTemplate, NodeRecord, OutputCache, StepOptions, StepResult } from "./types/index.js";

/** The run that steps are made on, unless another is named. */
const defaultId = "development";

/** Runs one node of a graph. */
export async function step(place: Place, graphName: string, id: string, options: StepOptions): Promise<StepResult> {
  checkGiven(options);
  checkStep(options);
  const name = nameRun(graphName, options.id ?? defaultId);
  const template = place.reader.get<GraphTemplate>(graphKey(graphName)) as GraphTemplate | undefined;
  if (template === undefined) {
    throw new HoldallError("NOT_FOUND", `There is no graph ${JSON.stringify(graphName)}`, { key: graphKey(graphName) });
  }
  const graph = graphOf(template);
  const node = graph.nodes.get(id);
  if (node === undefined)
    throw new HoldallError("NOT_FOUND", `There is no node ${JSON.stringify(id)} in ${JSON.stringify(graphName)}`, { key: id });
  const outputs = await cachedOutputs(place, name, neededBy(node), options.cache);
  const claim = await place.commit((transaction) => prepare(place, transaction, name, node, options));
  const execution = new Execution(place, name, graph, claim, sightIn(place, name, graph, outputs), { attempts: 1 });
  await execution.run();
  if (execution.stopReason !== undefined) throw execution.stopReason;
  if (execution.failure !== undefined) throw execution.failure.error;
  if (execution.wait !== undefined) return { outputs: null, next: undefined, requeueAfter: execution.wait };
  return keep(place, name, id, options);
}

/** The nodes whose outputs a node reads. */
function neededBy({ inputs, previous }: GraphNode): Set<string> {
  if (inputs === undefined) return new Set(previous);
  const needed = new Set<string>();
  eachText(inputs, "", (text) => {
    for (const part of parseExpression(text).parts) if (typeof part === "object" && part.from === "outputs") needed.add(part.node);
  });
  return needed;
}

async function cachedOutputs(
  place: Place,
  name: RunName,
  needed: ReadonlySet<string>,
  cache: OutputCache | undefined,
): Promise<ReadonlyMap<string, Value>> {
  const run = runView(place.reader, name);
  const found = new Map<string, Value>();
  for (const node of needed) {
    const key = outputKey(node);
    const output = ((await cache?.get(key)) as Value | undefined) ?? run.get(key);
    if (output === undefined) {
      throw new HoldallError("MISSING_OUTPUT", `Node ${JSON.stringify(node)} has left no output to go on from: step it first`, { key });
    }
    found.set(node, output);
  }
  return found;
}

/** Stages the run of these steps, with what is given, and that its node begins. */
function prepare(place: Place, transaction: Transaction, name: RunName, node: GraphNode, options: StepOptions): Claim {
  const run = runView(transaction, name);
  const now = place.clock.now();
  const record = readRun(run);
  if (record === undefined) begin(transaction, { name, options, status: "development", now });
  else if (record.status !== "development") throw new HoldallTypeError(`Run ${JSON.stringify(name.id)} is not one of development`);
  else {
    // The graph is being worked on: the present template counts.
    run.set(templateKey, transaction.getOrThrow<GraphTemplate>(graphKey(name.graph)) as object);
    run.scope(storeScope).setMany(Object.entries(options.store ?? {}));
    if (options.inputs !== undefined) putRecord(run, { ...record, inputs: { ...record.inputs, ...options.inputs } });
  }
  const instance = instanceOf(node.id, []);
  const begun: NodeRecord = {
    node: node.id,
    item: [],
    status: "running",
    attempt: 1,
    starts: 1,
    worker: place.worker,
    token: randomName(),
    startedAt: now,
  };
  putNode(run.scope(nodeScope), instance.name, begun);
  // Looking from an item takes one of what was fanned out; a node that gathers looks from outside.
  const item = node.unites === undefined ? [options.item ?? 0] : [];
  return { instance: { ...instance, item }, record: begun };
}

function sightIn(place: Place, name: RunName, graph: Graph, outputs: ReadonlyMap<string, Value>): Sight {
  const sight = sightOf(place, name, graph);
  return {
    ...sight,
    // What comes from a cache alone has no record here.
    record: (instance) =>
      sight.record(instance) ??
      (outputs.has(instance) ? ({ node: instance, item: [], status: "completed" } as unknown as NodeRecord) : undefined),
    output: (instance) => outputs.get(instance) ?? sight.output(instance),
  };
}

/** Keeps what a step gave as long as was asked for, in the cache too. */
async function keep(place: Place, name: RunName, id: string, { cache, ttl }: StepOptions): Promise<StepResult> {
  const run = runView(place.reader, name);
  const key = outputKey(id);
  const outputs = run.get(key) ?? null;
  const next = run.scope(nodeScope).get<NodeRecord>(id)?.next as readonly string[] | undefined;
  await cache?.set(key, outputs, ttl === undefined ? undefined : ttl / 1_000);
  if (ttl !== undefined) await place.commit((transaction) => runView(transaction, name).touch(key, ttl));
  return { outputs, next };
}
