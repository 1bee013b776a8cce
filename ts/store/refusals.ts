/**
 * The errors of a read that finds nothing, or something else than was asked for.
 *
 * @module
 */

import { HoldallError, NotFoundError } from "../errors.js";
import type { Core } from "./core.js";
import { detailsOf, type Prefix } from "./exchange.js";

/** `NOT_FOUND`: there is no such entry. */
export function missingEntry(core: Core, prefix: Prefix, key: string): NotFoundError {
  const expired = core.hasExpired(prefix, key);
  return new NotFoundError(expired ? "The entry has expired" : "There is no such entry", { ...detailsOf(prefix, key), expired });
}

/** `TYPE_MISMATCH`: something is not what it was to be. */
export function mismatch(what: string, prefix: Prefix, key: string, cause?: unknown): HoldallError {
  return new HoldallError("TYPE_MISMATCH", what, { ...detailsOf(prefix, key), cause });
}
