/**
 * Owns deep freezing of what `JSON.parse` made: ordinary arrays and objects, no cycles. Linear in the value.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { maxNesting } from "./encoding.js";

const hasOwn = Object.prototype.hasOwnProperty;

/** Refuses what is nested deeper than any value that a store wrote, before the stack runs out. */
export function checkDepth(depth: number): void {
  if (depth >= maxNesting) throw new HoldallError("INVALID_VALUE", `A stored value is nested more than ${maxNesting} deep`);
}

/** Freezes a parsed container and all that it contains. `depth` is 0 for the root. */
export function deepFreeze(container: object, depth = 0): void {
  checkDepth(depth);
  if (Array.isArray(container)) {
    for (let index = 0; index < container.length; index++) {
      const value: unknown = container[index];
      if (typeof value === "object" && value !== null) deepFreeze(value, depth + 1);
    }
  } else {
    for (const name in container) {
      const value: unknown = (container as Record<string, unknown>)[name];
      // Asked for objects only, since it is they who could come from a polluted prototype and matter.
      if (typeof value === "object" && value !== null && hasOwn.call(container, name)) deepFreeze(value, depth + 1);
    }
  }
  Object.freeze(container);
}
