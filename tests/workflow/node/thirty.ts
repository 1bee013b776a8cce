/**
 * A graph of thirty nodes that uses what runs have: three lanes side by side, in each a node whose first try fails, a join, a fan-out over five items that is
 * gathered, a choice that skips a branch, hooks.
 *
 * Each execution of a node has a mark of its own. It is written down outside before anything commits, and then committed three times over: as the output
 * and under two keys of the run's store. So whatever a crash leaves tells which executions there were, which of them counted, and whether it counted whole.
 *
 * @module
 */
import { fanout, type GraphTemplate, type NodeContext, type NodePhases } from "../../../ts/workflow/index.js";

const lanes = ["a", "b", "c"];
const lane = (name: string) => [1, 2, 3, 4, 5].map((at) => `${name}${at}`);
const items = [0, 1, 2, 3, 4];

const edges: Record<string, readonly string[]> = {
  start: lanes.map((name) => `${name}1`),
  ...Object.fromEntries(lanes.flatMap((name) => lane(name).map((node, at, all) => [node, [all[at + 1] ?? "meet"]]))),
  meet: ["split", "choose"],
  split: ["work"],
  work: ["check"],
  check: ["gather"],
  gather: ["settle"],
  choose: ["yes", "no"],
  yes: ["approve"],
  approve: ["settle"],
  no: ["refuse"],
  refuse: ["settle"],
  settle: ["bill", "mail"],
  bill: ["end"],
  mail: ["end"],
  end: [],
};

/** The nodes whose first try fails. */
const flaky: readonly string[] = lanes.map((name) => `${name}3`);
const hooked: readonly string[] = ["a5", "work", "bill", "mail"];
const skippedNodes: readonly string[] = ["no", "refuse"];
const perItem: readonly string[] = ["work", "check"];

const instancesOf = (nodes: readonly string[]) =>
  nodes.flatMap((node) => (perItem.includes(node) ? items.map((at) => `${node}[${at}]`) : [node]));

/** The template. */
export const template: GraphTemplate = {
  nodes: Object.entries(edges).map(([identifier, next_nodes]) => ({
    node_name: identifier,
    identifier,
    inputs: {},
    next_nodes,
    ...(identifier === "gather" && { unites: { identifier: "split" } }),
  })),
};

/** What completes in every run. */
export const completes: readonly string[] = instancesOf(Object.keys(edges).filter((node) => !skippedNodes.includes(node)));
/** What is skipped in every run. */
export const skips = skippedNodes;
/** What has a hook. */
export const hooks: readonly string[] = instancesOf(hooked);

/** What the nodes write down outside, before they commit. */
export type WriteDown = (context: NodeContext, mark: string) => void;

/** The code of the nodes. */
export function nodes(writeDown: WriteDown): Record<string, NodePhases> {
  return Object.fromEntries(Object.keys(edges).map((node) => [node, codeOf(node, writeDown)]));
}

function codeOf(node: string, writeDown: WriteDown): NodePhases {
  return {
    retry: { attempts: 3, delay: 5 },
    async exec(_, context) {
      const mark = `${context.instance}-${crypto.randomUUID()}`;
      writeDown(context, mark);
      if (flaky.includes(node) && context.attempt === 1) throw new Error("the first try fails");
      // Others come between, as they would beside real work.
      await new Promise((resolve) => setTimeout(resolve, 1));
      return mark;
    },
    post(store, { exec: mark }, { instance }) {
      store.set(`left ${instance}`, mark);
      store.increment("completed");
      store.set(`right ${instance}`, mark);
      if (node === "split") return fanout(items.map(() => mark));
      return node === "choose" ? { output: mark, next: "yes" } : mark;
    },
    ...(hooked.includes(node) && { onComplete: (store, { instance }) => void store.increment(`hook ${instance}`) }),
  };
}
