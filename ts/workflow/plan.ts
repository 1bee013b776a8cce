/**
 * What comes next in a run: a pure function of the graph and of the records of its nodes, so that all workers on a run see the same next steps and nobody
 * has to remember them.
 *
 * Each edge carries tokens, one for each instance of the node that it leaves. A token lies at an item (`[]` outside of fan-outs, `[3]` for the fourth item
 * of one, `[3, 0]` within two) and is still open, has come, or will not come. A node has an instance at each item where tokens meet; it
 * begins when none of them is open and at least one has come, and is skipped when none has. Costs by the number of tokens.
 *
 * @module
 */
import type { Graph, GraphNode } from "./template/graph.js";
import type { NodeRecord } from "./types/index.js";

/** A node at an item. */
export interface Instance {
  /** The node's identifier. */
  readonly node: string;
  /** The item. */
  readonly item: readonly number[];
  /** Both as one text: `work[3,0]`. */
  readonly name: string;
}

/** What comes next. */
export interface Plan {
  /** Can begin now: nothing is known of them yet. */
  readonly ready: readonly Instance[];
  /** Will not run, and nothing is known of them yet. */
  readonly skipped: readonly Instance[];
  /** Have begun and not ended, or have hooks to run. */
  readonly open: readonly Instance[];
  /** Have failed for good, with their hooks done. */
  readonly failed: readonly Instance[];
  /** All instances that are known, in the order of the graph, items in theirs. */
  readonly all: readonly Instance[];
}

type Item = readonly number[];
type TokenState = "open" | "come" | "none";

interface Token {
  readonly item: Item;
  readonly state: TokenState;
}

/** Names an instance. */
export function instanceOf(node: string, item: readonly number[]): Instance {
  return { node, item, name: item.length === 0 ? node : `${node}[${item.join(",")}]` };
}

/** Looks at what has happened, and says what comes next. */
export function plan(graph: Graph, records: ReadonlyMap<string, NodeRecord>): Plan {
  const ready: Instance[] = [];
  const skipped: Instance[] = [];
  const open: Instance[] = [];
  const failed: Instance[] = [];
  const all: Instance[] = [];
  const leaving = new Map<string, Token[]>();

  for (const node of graph.nodes.values()) {
    for (const next of node.next) leaving.set(edge(node.id, next), []);
    const arriving =
      node.previous.length === 0
        ? [[{ item: [], state: "come" as const }]]
        : node.previous.map((from) => leaving.get(edge(from, node.id)) ?? []);
    for (const { item, state } of meetings(graph, node, arriving.flat(), records)) {
      const instance = instanceOf(node.id, item);
      const record = records.get(instance.name);
      if (state !== "open") all.push(instance);
      if (state === "none" && record === undefined) skipped.push(instance);
      if (state === "come") {
        if (record === undefined) ready.push(instance);
        else if (record.status === "failed" && !hasHooks(record)) failed.push(instance);
        else if (!hasEnded(record)) open.push(instance);
      }
      for (const next of node.next) leaving.get(edge(node.id, next))?.push(...tokensOf(item, state, record, next));
    }
  }
  return { ready, skipped, open, failed, all };
}

const edge = (from: string, to: string) => `${from} ${to}`;
const hasHooks = ({ hooks }: NodeRecord) => hooks !== undefined && hooks.length > 0;

/** Whether a node is done with, its hooks too. */
function hasEnded(record: NodeRecord): boolean {
  return record.status !== "running" && record.status !== "waiting" && record.status !== "failed" && !hasHooks(record);
}

/** What leaves an instance towards one of the next nodes. */
function tokensOf(item: Item, state: TokenState, record: NodeRecord | undefined, next: string): Token[] {
  if (state === "none") return [{ item, state }];
  if (state === "open" || record === undefined || !hasEnded(record)) return [{ item, state: "open" }];
  const goesOn = record.status === "completed" && (record.next?.includes(next) ?? true);
  const count = record.fanout;
  if (!goesOn || count === 0) return [{ item, state: "none" }];
  if (count === undefined) return [{ item, state: "come" }];
  return Array.from({ length: count }, (_, at) => ({ item: [...item, at], state: "come" }));
}

/** The items at which tokens meet, and what comes of it there. */
function meetings(graph: Graph, node: GraphNode, tokens: readonly Token[], records: ReadonlyMap<string, NodeRecord>): Token[] {
  const places = new Map<string, { readonly item: Item; state: TokenState }>();
  const { unites } = node;
  const placeOf = unites === undefined ? shortestWithin(tokens) : withinInstancesOf(unites, tokens, records);
  for (const token of tokens) {
    const item = token.item.slice(0, placeOf(token.item));
    const key = item.join(",");
    const place = places.get(key);
    if (place === undefined) places.set(key, { item, state: token.state });
    else place.state = join(place.state, token.state);
  }
  const found = [...places.values()];
  if (unites !== undefined) {
    // Items that all ended early, or no items at all, are gathered too: as an empty list.
    for (const place of found)
      if (place.state === "none" && fannedOutTowards(graph, unites, node.id, place.item, records)) place.state = "come";
  }
  return found.sort((a, b) => compareItems(a.item, b.item));
}

function join(one: TokenState, other: TokenState): TokenState {
  if (one === "open" || other === "open") return "open";
  return one === "come" || other === "come" ? "come" : "none";
}

/** Tokens meet at the shortest item among them that theirs begin with: where branches of other depths come together, the deeper ones are gathered. */
function shortestWithin(tokens: readonly Token[]): (item: Item) => number {
  const depths = new Set(tokens.map(({ item }) => item.length));
  if (depths.size <= 1) return (item) => item.length;
  const known = new Set(tokens.map(({ item }) => item.join(",")));
  return (item) => {
    for (let depth = 0; depth < item.length; depth += 1) if (known.has(item.slice(0, depth).join(","))) return depth;
    return item.length;
  };
}

/** Tokens meet at the items of the node that is united: one meeting for each of its instances. */
function withinInstancesOf(unites: string, tokens: readonly Token[], records: ReadonlyMap<string, NodeRecord>): (item: Item) => number {
  const shortest = tokens.reduce((depth, { item }) => Math.min(depth, item.length), Number.POSITIVE_INFINITY);
  return (item) => {
    for (let depth = 0; depth <= item.length; depth += 1) if (records.has(instanceOf(unites, item.slice(0, depth)).name)) return depth;
    return shortest;
  };
}

function fannedOutTowards(graph: Graph, unites: string, to: string, item: Item, records: ReadonlyMap<string, NodeRecord>): boolean {
  const record = records.get(instanceOf(unites, item).name);
  if (record?.status !== "completed" || record.fanout === undefined) return false;
  return record.next?.some((next) => next === to || graph.leads(next, to)) ?? true;
}

/** The order of items. */
export function compareItems(one: Item, other: Item): number {
  for (let at = 0; at < one.length && at < other.length; at += 1) {
    const difference = (one[at] as number) - (other[at] as number);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
