/**
 * Types for the code of nodes where an object alone does not give them.
 *
 * @module
 */
import type { NodePhases } from "./types/index.js";

/**
 * Gives a node's phases back as they are, with types that flow from one to the next: what `prep` gives is what `exec` takes, and `post` gets all.
 *
 * @example
 * ```ts
 * import { defineNode } from "holdall/workflow";
 *
 * export const price = defineNode({
 *   prep: (store, { sku }) => ({ sku, rate: store.getAs("rate", "number") }),
 *   exec: async ({ sku, rate }) => sku.length * rate,
 *   post: (store, { input, exec }) => {
 *     store.set(`price/${input.sku}`, exec);
 *     return { price: exec };
 *   },
 * });
 * ```
 */
export function defineNode<Input, Prepared = Input, Executed = Prepared>(
  node: NodePhases<Input, Prepared, Executed>,
): NodePhases<Input, Prepared, Executed> {
  return node;
}
