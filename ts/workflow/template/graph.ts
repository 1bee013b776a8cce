/**
 * A template as it is walked: nodes in an order in which none comes before one that leads to it, and what leads where.
 *
 * @module
 */
import type { Value } from "../../store/types/index.js";
import type { GraphTemplate } from "../types/index.js";

/** A node of a graph. */
export interface GraphNode {
  /** Its identifier. */
  readonly id: string;
  /** The name of its code. */
  readonly name: string;
  /** Its inputs as the template has them. */
  readonly inputs: Readonly<Record<string, Value>> | undefined;
  /** The nodes that it leads to. */
  readonly next: readonly string[];
  /** The nodes that lead to it. */
  readonly previous: readonly string[];
  /** The node whose items it gathers. */
  readonly unites: string | undefined;
  /** Keys that must be in the run's store when it begins. */
  readonly requires: readonly string[];
  /** Keys that must be there when it has completed. */
  readonly produces: readonly string[];
}

/** A graph that can be walked. */
export interface Graph {
  /** The nodes by identifier, from the first on. */
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Whether one node leads to another, however long the way. */
  leads(from: string, to: string): boolean;
}

/** Which nodes each node leads to, and from which it is led to. */
export type Edges = ReadonlyMap<string, readonly string[]>;

/** The edges the other way round. */
export function reversed(edges: Edges): Edges {
  const found = new Map<string, string[]>([...edges.keys()].map((id) => [id, []]));
  for (const [from, targets] of edges) for (const to of targets) found.get(to)?.push(from);
  return found;
}

/** The nodes in an order in which edges lead forwards; without those on or behind a cycle. */
export function inOrder(edges: Edges): string[] {
  const missing = new Map([...reversed(edges)].map(([id, sources]) => [id, sources.length]));
  const order = [...missing].filter(([, count]) => count === 0).map(([id]) => id);
  for (const id of order) {
    for (const to of edges.get(id) ?? []) {
      const left = (missing.get(to) ?? 0) - 1;
      missing.set(to, left);
      if (left === 0) order.push(to);
    }
  }
  return order;
}

/** All nodes that a node leads to. */
export function reachedFrom(edges: Edges, from: string): ReadonlySet<string> {
  const reached = new Set(edges.get(from));
  for (const id of reached) for (const to of edges.get(id) ?? []) reached.add(to);
  return reached;
}

/** Makes a graph of a template that is in order. */
export function graphOf(template: GraphTemplate): Graph {
  const edges: Edges = new Map(template.nodes.map(({ identifier, next_nodes }) => [identifier, next_nodes ?? []]));
  const previous = reversed(edges);
  const byId = new Map(template.nodes.map((node) => [node.identifier, node]));
  const nodes = new Map<string, GraphNode>();
  for (const id of inOrder(edges)) {
    const node = byId.get(id);
    if (node === undefined) continue;
    nodes.set(id, {
      id,
      name: node.node_name,
      inputs: node.inputs ?? undefined,
      next: edges.get(id) ?? [],
      previous: previous.get(id) ?? [],
      unites: node.unites?.identifier,
      requires: node.requires ?? [],
      produces: node.produces ?? [],
    });
  }
  const reach = new Map<string, ReadonlySet<string>>();
  return {
    nodes,
    leads(from, to) {
      const reached = reach.get(from) ?? reachedFrom(edges, from);
      reach.set(from, reached);
      return reached.has(to);
    },
  };
}
