/**
 * What a node sees of the nodes before it.
 *
 * @module
 */
import type { Value } from "../store/types/index.js";
import { compareItems, type Instance, instanceOf } from "./plan.js";
import type { Graph, GraphNode } from "./template/graph.js";
import { type OutputsSeen, resolveInputs, type Sources } from "./template/resolve.js";
import type { NodeRecord } from "./types/index.js";

/** What is looked at. */
export interface Sight {
  /** The graph. */
  readonly graph: Graph;
  /** The record of an instance. */
  record(instance: string): NodeRecord | undefined;
  /** The records of a node's instances within fan-outs. */
  recordsWithin(node: string): Iterable<NodeRecord>;
  /** What an instance gave. */
  output(instance: string): Value | undefined;
  /** What the run was triggered with. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** A value of the run's store. */
  store(key: string): Value | undefined;
}

/**
 * What an instance is given: the inputs of its node in the template, resolved; without any, what came along its edges. Throws `UNRESOLVED` for an
 * expression that leads nowhere.
 */
export function inputOf(sight: Sight, node: GraphNode, { item, name }: Instance): Value {
  const sources: Sources = {
    store: (key) => sight.store(key),
    inputs: sight.inputs,
    outputs: (from) => seenFrom(sight, node, item, from),
  };
  if (node.inputs !== undefined) return resolveInputs(node.inputs, sources, name);
  const [only] = node.previous;
  if (only === undefined) return sight.inputs;
  const given = (from: string): Value => {
    const seen = sources.outputs(from);
    if (seen === null || seen === undefined) return null;
    return "one" in seen ? seen.one : seen.items;
  };
  if (node.previous.length === 1) return given(only);
  return Object.fromEntries(node.previous.map((from): [string, Value] => [from, given(from)]));
}

/** What a node at an item sees of the outputs of another. */
function seenFrom(sight: Sight, viewer: GraphNode, item: readonly number[], from: string): OutputsSeen | null | undefined {
  const { graph } = sight;
  const { unites } = viewer;
  if (unites !== undefined && graph.leads(unites, from) && sight.record(instanceOf(unites, item).name)?.fanout !== undefined) {
    return { items: gathered(sight, from, item) };
  }
  for (let depth = item.length; depth >= 0; depth -= 1) {
    const { name } = instanceOf(from, item.slice(0, depth));
    const record = sight.record(name);
    if (record === undefined) continue;
    if (record.status === "skipped" || record.status === "pruned") return null;
    const output = sight.output(name);
    if (output === undefined) return undefined;
    if (record.fanout === undefined) return { one: output };
    const items = output as readonly Value[];
    const at = item[depth];
    if (at === undefined) return { items };
    const one = items[at];
    return one === undefined ? undefined : { one };
  }
  return { items: gathered(sight, from, item) };
}

/** What the instances of a node within an item gave, in their order; without those that were skipped or ended early. */
function gathered(sight: Sight, node: string, within: readonly number[]): Value[] {
  return instancesOf(sight, node)
    .filter(({ item }) => within.every((number, at) => item[at] === number))
    .map((record) => sight.output(instanceOf(node, record.item).name))
    .filter((output) => output !== undefined);
}

/** The completed instances of a node, in the order of their items. */
function instancesOf(sight: Pick<Sight, "record" | "recordsWithin">, node: string): NodeRecord[] {
  const single = sight.record(node);
  return [...(single === undefined ? [] : [single]), ...sight.recordsWithin(node)]
    .filter(({ status }) => status === "completed")
    .sort((one, other) => compareItems(one.item, other.item));
}

/** What all nodes gave, by identifier: of one that ran per item, an array of what each gave. Without those that did not complete. */
export function allOutputs(sight: Omit<Sight, "store" | "inputs">): Record<string, Value> {
  const found: [string, Value][] = [];
  for (const node of sight.graph.nodes.keys()) {
    const outputs = instancesOf(sight, node).map(({ item }) => ({ item, output: sight.output(instanceOf(node, item).name) ?? null }));
    const [first] = outputs;
    if (first === undefined) continue;
    found.push([node, first.item.length === 0 ? first.output : outputs.map(({ output }) => output)]);
  }
  return Object.fromEntries(found);
}
