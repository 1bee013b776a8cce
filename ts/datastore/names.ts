/**
 * How queues are called: those between the nodes of graphs, one for each edge, so one for each reader; and those for what was rejected.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import { checkName } from "./arguments.js";

/** An edge from a node that writes to a node that reads. */
export interface QueueEdge {
  /** The node that writes. */
  readonly source: string;
  /** The node that reads. */
  readonly target: string;
}

/** An edge with its queue. */
export interface NamedQueueEdge extends QueueEdge {
  /** The name of its queue. */
  readonly queue: string;
}

/**
 * The name of the queue from one node to another: `queue_{source}_{target}`. Different edges can share a name (`a_b` to `c`, `a` to `b_c`); for
 * the edges of one graph use {@link queueNames}, which tells them apart.
 *
 * @throws `INVALID_ARGUMENT` or `INVALID_KEY` when a name is not text, is empty, or holds a lone surrogate.
 *
 * @example
 * ```ts
 * import { queueName } from "holdall/datastore";
 *
 * queueName("resize", "upload"); // "queue_resize_upload"
 * ```
 */
export function queueName(source: string, target: string): string {
  checkName("source", source);
  checkName("target", target);
  return `queue_${source}_${target}`;
}

/**
 * The name of the queue that the dead letters of another are in: `{queue}:dead-letters`. It is a queue like all others: what is in it can be
 * counted, popped, and pushed to where it came from.
 *
 * @throws `INVALID_ARGUMENT` or `INVALID_KEY` when the name is not text, is empty, or holds a lone surrogate.
 *
 * @example
 * ```ts
 * import { deadLetterName } from "holdall/datastore";
 *
 * deadLetterName("orders"); // "orders:dead-letters"
 * ```
 */
export function deadLetterName(queue: string): string {
  checkName("queue", queue);
  return `${queue}:dead-letters`;
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

/**
 * The queues of all edges of one graph, in the order of the edges. A writer with several readers has a queue for each of them; an edge that is given twice is
 * one edge. Of edges that would share a name, the first by source and target keeps it and the others get `_2`, `_3` … behind it, so that the
 * names depend on the edges and not on their order: every process that knows the graph calls its queues the same.
 *
 * @throws `INVALID_ARGUMENT` for what are no edges; `INVALID_ARGUMENT` or `INVALID_KEY` when a name is not text, is empty, or holds a lone surrogate.
 *
 * @example
 * ```ts
 * import { queueNames } from "holdall/datastore";
 *
 * queueNames([
 *   { source: "a", target: "b_c" },
 *   { source: "a_b", target: "c" },
 * ]).map(({ queue }) => queue); // ["queue_a_b_c", "queue_a_b_c_2"]
 * ```
 */
export function queueNames(edges: Iterable<QueueEdge>): NamedQueueEdge[] {
  if (typeof edges?.[Symbol.iterator] !== "function") throw new HoldallTypeError("edges must be an iterable of edges");
  const given = [...edges];
  if (given.some((edge) => typeof edge !== "object" || edge === null))
    throw new HoldallTypeError("each of edges must be { source, target }");
  const keyOf = ({ source, target }: QueueEdge) => JSON.stringify([source, target]);
  const distinct = new Map(given.map((edge) => [keyOf(edge), { edge, plain: queueName(edge.source, edge.target) }]));
  const taken = new Set([...distinct.values()].map(({ plain }) => plain));
  const names = new Map<string, string>();
  const owned = new Set<string>();
  const inOrder = [...distinct].sort(
    ([, { edge: one }], [, { edge: other }]) => compare(one.source, other.source) || compare(one.target, other.target),
  );
  for (const [key, { plain }] of inOrder) {
    let name = plain;
    // The plain name of an edge is its own: no suffix of another edge's may take it.
    for (let suffix = 2; owned.has(name) || (name !== plain && taken.has(name)); suffix += 1) name = `${plain}_${suffix}`;
    owned.add(name);
    names.set(key, name);
  }
  return given.map((edge) => ({ source: edge.source, target: edge.target, queue: names.get(keyOf(edge)) as string }));
}
