/**
 * What a node gives back, read: outputs, or one of the results that direct the run.
 *
 * @module
 */
import { HoldallError, HoldallTypeError } from "../errors.js";
import type { Milliseconds, Value } from "../store/types/index.js";
import { checkWait } from "./arguments.js";
import { isPlain } from "./template/expression.js";
import type { NodeParts } from "./types/index.js";

/** A result that directs the run; made by {@link prune}, {@link requeueAfter} and {@link fanout}. */
export class Direction {
  /** What happens. */
  readonly kind: "prune" | "requeue" | "fanout";
  /** What later nodes are given. */
  readonly parts: NodeParts;
  /** How long to wait. */
  readonly after: Milliseconds;

  /** Use the functions. */
  constructor(kind: Direction["kind"], parts: NodeParts, after = 0) {
    this.kind = kind;
    this.parts = parts;
    this.after = after;
  }
}

/**
 * Ends the node's branch: what comes behind it is skipped, and joins do not wait for it. What the node wrote stays.
 *
 * @param outputs - what is kept of it, for those who look; default `null`
 */
export function prune(outputs: Value | object = null): Direction {
  return new Direction("prune", { outputs });
}

/**
 * Runs the node again after a time, however often the process is restarted meanwhile; not a failure, and no try. What the node wrote is dropped.
 *
 * @throws `OUT_OF_RANGE` for a span that is negative or over 4.32e15 ms, `INVALID_ARGUMENT` for what is no number.
 */
export function requeueAfter(span: Milliseconds): Direction {
  if (span === undefined) throw new HoldallTypeError("requeueAfter: span must be a number");
  checkWait("requeueAfter: span", span);
  return new Direction("requeue", { outputs: null }, span);
}

/**
 * Runs what comes behind the node once for each item, with the item as the node's outputs, until a node that `unites` it gathers them. Where two fan-outs that
 * have nothing to do with each other meet without that, their items are paired: the first with the first, the second with the second; one that is left over comes alone.
 *
 * @param items - one outputs for each; none is fine
 * @throws `INVALID_ARGUMENT` for what is no array.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 * import { createRunner, fanout } from "holdall/workflow";
 *
 * const runner = createRunner({
 *   store: createStore(),
 *   nodes: {
 *     split: () => fanout([{ page: 1 }, { page: 2 }]),
 *     read: ({ page }) => ({ words: page * 100 }),
 *     sum: ({ words }) => ({ total: words.reduce((sum, next) => sum + next, 0) }),
 *   },
 * });
 * await runner.upsertGraph("count", {
 *   nodes: [
 *     { node_name: "split", identifier: "split", next_nodes: ["read"] },
 *     { node_name: "read", identifier: "read", inputs: { page: "${{ split.outputs.page }}" }, next_nodes: ["sum"] },
 *     { node_name: "sum", identifier: "sum", inputs: { words: "${{ read.outputs.words }}" }, unites: { identifier: "split" } },
 *   ],
 * });
 * const { done } = await runner.trigger("count");
 * (await done).outputs.sum; // { total: 300 }
 * await runner.close();
 * ```
 */
export function fanout(items: readonly (Value | object)[], parts: Omit<NodeParts, "outputs"> = {}): Direction {
  if (!Array.isArray(items)) throw new HoldallTypeError("fanout: items must be an array");
  return new Direction("fanout", { ...parts, outputs: items });
}

/** What a node's result comes to. */
export interface Outcome extends NodeParts {
  /** What happens. */
  readonly kind: "complete" | Direction["kind"];
  /** Which nodes go on; `undefined` for all. */
  readonly next: readonly string[] | undefined;
  /** How long to wait, where it waits. */
  readonly after: Milliseconds;
}

/** Reads what a node gave. Throws `INVALID_OUTPUT` for `undefined`, for a mixture of parts, and for a choice that is not among the next nodes. */
export function readResult(result: unknown, nextNodes: readonly string[]): Outcome {
  if (result === undefined) throw new HoldallError("INVALID_OUTPUT", "The node gave undefined; a node without outputs gives null or {}");
  const { kind, parts, after } =
    result instanceof Direction ? result : { kind: "complete" as const, parts: partsOf(result) ?? { outputs: result as Value }, after: 0 };
  const { outputs, store, next } = parts;
  if (outputs === undefined) throw new HoldallError("INVALID_OUTPUT", "The node gave outputs that are undefined");
  if (kind === "fanout" && (outputs as readonly unknown[]).includes(undefined))
    throw new HoldallError("INVALID_OUTPUT", "An item of a fan-out is undefined");
  if (store !== undefined && !isPlain(store)) throw new HoldallError("INVALID_OUTPUT", "The store that a node gives has to be an object");
  if (next !== undefined && typeof next !== "string" && !isTexts(next)) {
    throw new HoldallError("INVALID_OUTPUT", "The next that a node gives has to be an identifier or an array of them");
  }
  const chosen = typeof next === "string" ? [next] : next;
  const unknown = chosen?.find((id) => !nextNodes.includes(id));
  if (unknown !== undefined) {
    throw new HoldallError("INVALID_OUTPUT", `The node chose ${JSON.stringify(unknown)}, which is not among its next_nodes`);
  }
  return { kind, outputs, store, next: chosen, after };
}

const isTexts = (list: unknown): boolean => Array.isArray(list) && list.every((item) => typeof item === "string");

/**
 * `{ outputs, store, next }` and `{ output, next }` are parts; any other object is outputs. Throws `INVALID_OUTPUT` for one that seems to be meant as parts and
 * is not: what it has beside them would be lost, or its store or choice be taken for outputs.
 */
function partsOf(result: unknown): NodeParts | undefined {
  if (!isPlain(result)) return undefined;
  const names = Object.keys(result);
  const only = (...known: string[]) => names.every((name) => known.includes(name));
  if ("outputs" in result && only("outputs", "store", "next")) return result as unknown as NodeParts;
  if ("output" in result && "next" in result && only("output", "next"))
    return { outputs: result.output as Value, next: result.next as string };
  if (("outputs" in result || "output" in result) && ("store" in result || "next" in result)) {
    throw new HoldallError(
      "INVALID_OUTPUT",
      "The node gave neither { outputs, store, next } nor { output, next } but a mixture; outputs of such names go into { outputs: … }",
    );
  }
  return undefined;
}
