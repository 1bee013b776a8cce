/**
 * How Pepr names things: what stands before a key, and which names of capabilities can be told apart by it.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";

/** What Pepr puts before each key. */
export const keyPrefix = "v2-";

/**
 * Refuses the name of a capability whose keys could be another's.
 *
 * In Pepr's resource key `k` of capability `c` is `c-v2-k`, where `k` is any text. Where `c-` holds no `-v2-`, the first `-v2-` in that is
 * the one behind `c`, so no two capabilities share a key. Where `c-` holds one, they do: `a-v2-b` keeps `k` where `a` keeps `b-v2-k`, and
 * `a-v2`, which only ends in it, keeps `k` as `a-v2-v2-k`, where `a` keeps `v2-k`.
 */
export function checkResourceName(capability: string): void {
  if (!`${capability}-`.includes(`-${keyPrefix}`)) return;
  throw new HoldallTypeError("capability must not contain -v2- or end in -v2: in Pepr's resource its keys would be those of another");
}
