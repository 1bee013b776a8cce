/**
 * Graphs that are connected by queues: a node of the kind `QueueWriter` pushes what it is given, and each item triggers a run that begins with a
 * node of the kind `QueueReader`. One template describes the whole; {@link mapQueues} cuts it at its queues.
 *
 * @module
 */

import { type NamedQueueEdge, queueNames } from "../datastore/names.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import type { Value } from "../store/types/index.js";
import { checkTexts } from "./arguments.js";
import { GraphError } from "./errors.js";
import { checkName } from "./layout.js";
import { type Edges, reachedFrom } from "./template/graph.js";
import type { GraphProblem, GraphTemplate, NodePhases, TemplateNode } from "./types/index.js";

/** The `node_name` of nodes that push, and of nodes that an item comes in by. */
const writerKind = "QueueWriter";
const readerKind = "QueueReader";

/** What an item of a queue is while one consumer has it. */
export interface QueuedItem {
  /** The queue that it came from. */
  readonly queue: string;
  /** Names this delivery. */
  readonly id: string;
  /** The item. */
  readonly value: unknown;
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
}

/** What names an item that one consumer has. */
export type QueuedItemHandle = Pick<QueuedItem, "queue" | "id">;

/** The queues of a DataStore, as far as they are used here. */
export interface QueueStore {
  /** The queues. */
  readonly queue: {
    /** Puts an item into a queue; gives its length. */
    push(name: string, value: unknown): Promise<number>;
    /** Takes an item for a time, waiting for one; `null` when none came. */
    reserve(name: string, options: { readonly visibility: number; readonly timeout: number }): Promise<QueuedItem | null>;
    /** The item is done with. */
    ack(item: QueuedItemHandle): Promise<unknown>;
    /** The item is given back. */
    nack(item: QueuedItemHandle): Promise<unknown>;
    /** The item is given back, and this delivery does not count. */
    release(item: QueuedItemHandle): Promise<unknown>;
    /** The item is moved to another queue. */
    reject(item: QueuedItemHandle, options: { readonly to: string }): Promise<unknown>;
    /** Keeps the item for a further time. */
    renew(item: QueuedItemHandle, options: { readonly visibility: number }): Promise<unknown>;
  };
}

/** A queue between two nodes. */
export interface MappedQueue extends NamedQueueEdge {
  /** The graph that its items trigger runs of. */
  readonly graph: string;
}

/** A template cut at its queues. */
export interface QueueMap {
  /** One queue for each edge from a writer to a reader. */
  readonly queues: readonly MappedQueue[];
  /** The graphs between the queues, by name, each to be upserted: the beginning under the name that was given, and `<name>-<reader>` behind each reader. */
  readonly graphs: Readonly<Record<string, GraphTemplate>>;
}

/**
 * Names the queue of every pair of a writer and a reader, and cuts the template there. The store of a run that an item triggers holds the template's defaults.
 *
 * @throws `INVALID_ARGUMENT` for what is no name, or no template; `INVALID_GRAPH` where the parts hang together by more than queues: a node behind two readers, or behind one and the beginning.
 */
export function mapQueues(name: string, template: GraphTemplate): QueueMap {
  checkName("name", name);
  const nodes: unknown = template?.nodes;
  if (!Array.isArray(nodes)) throw new HoldallTypeError("template must have nodes, an array");
  for (const [at, node] of template.nodes.entries()) {
    if (typeof node?.identifier !== "string") throw new HoldallTypeError(`template.nodes[${at}] must have an identifier, a text`);
    checkTexts(`template.nodes[${at}].next_nodes`, node.next_nodes ?? []);
  }
  const kindOf = new Map(template.nodes.map((node) => [node.identifier, node.node_name]));
  const isQueue = (from: TemplateNode, to: string) => from.node_name === writerKind && kindOf.get(to) === readerKind;
  const plain: Edges = new Map(
    template.nodes.map((node) => [node.identifier, (node.next_nodes ?? []).filter((to) => !isQueue(node, to))] as const),
  );
  const queueEdges = template.nodes.flatMap((node) =>
    (node.next_nodes ?? []).filter((to) => isQueue(node, to)).map((target) => ({ source: node.identifier, target })),
  );
  const readers = [...new Set(queueEdges.map(({ target }) => target))];
  const parts = readers.map((reader) => ({ graph: `${name}-${reader}`, ids: new Set([reader, ...reachedFrom(plain, reader)]) }));
  const isBehind = (id: string) => parts.some(({ ids }) => ids.has(id));
  const beginning = { graph: name, ids: new Set([...plain.keys()].filter((id) => !isBehind(id))) };
  checkApart(name, template, plain, parts);
  const cut = (ids: ReadonlySet<string>): TemplateNode[] =>
    template.nodes
      .filter(({ identifier }) => ids.has(identifier))
      .map((node) => ({ ...node, next_nodes: plain.get(node.identifier) ?? [] }));
  const { default_values } = template.store_config ?? {};
  const graphs: [string, GraphTemplate][] = parts.map(({ graph, ids }) => [graph, { store_config: { default_values }, nodes: cut(ids) }]);
  graphs.unshift([name, { ...template, nodes: cut(beginning.ids) }]);
  return {
    queues: queueNames(queueEdges).map((edge) => ({ ...edge, graph: `${name}-${edge.target}` })),
    graphs: Object.fromEntries(graphs),
  };
}

function checkApart(name: string, template: GraphTemplate, plain: Edges, parts: readonly { readonly ids: ReadonlySet<string> }[]): void {
  const problems: GraphProblem[] = [];
  for (const [at, { identifier }] of template.nodes.entries()) {
    const around = parts.filter(({ ids }) => ids.has(identifier));
    const [only] = around;
    const entered = [...plain].some(([from, next]) => next.includes(identifier) && only !== undefined && !only.ids.has(from));
    if (around.length > 1 || entered) {
      problems.push({
        code: "NOT_SUPPORTED",
        path: `nodes[${at}]`,
        message: "lies behind more than one reader, or a reader and the beginning",
      });
    }
  }
  if (problems.length > 0) throw new GraphError(name, problems);
}

/**
 * The code of `QueueWriter` nodes: pushes what the node is given into the queue of each of its readers. Its outputs are the lengths of the queues.
 *
 * A node that none of the queues leads from fails with `NOT_FOUND`: what it was given would be lost.
 *
 * A push is an effect outside of the run: one whose process dies right behind it is made again.
 */
export function queueWriter(store: QueueStore, queues: readonly NamedQueueEdge[]): NodePhases {
  return {
    exec: async (item: Value, { node }) => {
      const lengths: Record<string, number> = {};
      for (const { source, queue } of queues) if (source === node) lengths[queue] = await store.queue.push(queue, item);
      if (Object.keys(lengths).length === 0)
        throw new HoldallError("NOT_FOUND", `No queue leads from node ${JSON.stringify(node)}: give queueWriter the queues of mapQueues`, {
          key: node,
        });
      return lengths;
    },
  };
}

/** What a `QueueReader` node gives. */
export interface QueueItem {
  /** The item that the run was triggered with. */
  readonly outputs: Value;
}

/** The code of `QueueReader` nodes: gives the item that triggered the run. */
export function queueReader({ item }: { readonly item: Value }): QueueItem {
  return { outputs: item };
}
