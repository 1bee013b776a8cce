/**
 * Scopes: the prefixes that names and ids stand for within a view.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkString } from "./arguments.js";
import type { Core } from "./core.js";
import { maxKeyBytes, type Prefix, prefixOf } from "./exchange.js";

/**
 * The prefix of a named scope.
 *
 * @param bounds - what a caller gave as bounds to a view whose scopes take none
 * @throws `INVALID_ARGUMENT` for what is no name, `INVALID_KEY` for what is no text of a key, or too long; `NOT_SUPPORTED` for bounds.
 */
export function scopePrefix(core: Core, within: Prefix, name: string, bounds?: unknown): Prefix {
  refuseBounds(bounds);
  checkString("name", name);
  return join(core, within, name, core.engine.scopePrefix, 'name must not be empty, and no part of it may begin with "~"');
}

/** The prefix of the scope of an untrusted id; throws as {@link scopePrefix} does. */
export function isolatePrefix(core: Core, within: Prefix, id: string, bounds?: unknown): Prefix {
  refuseBounds(bounds);
  checkString("id", id);
  return join(core, within, id, core.engine.isolatePrefix, "id must not be empty");
}

/** Nothing that was given as bounds is dropped in silence. */
function refuseBounds(bounds: unknown): void {
  if (bounds !== undefined) throw new HoldallError("NOT_SUPPORTED", "Only scopes of a plain store itself take bounds");
}

function join(core: Core, within: Prefix, name: string, prefixFor: (name: string) => string | undefined, refusal: string): Prefix {
  core.begin();
  // What is not well-formed is refused by the same check as keys, before the engine sees it.
  core.exchange.writeKey(within, name, "name or id");
  core.reserve();
  const own = prefixFor(name);
  if (own === undefined) throw new HoldallTypeError(refusal, { scope: within.text.slice(0, -1) });
  const prefix = prefixOf(within.text + own);
  if (prefix.bytes.length > maxKeyBytes) throw new HoldallError("INVALID_KEY", `The scope's prefix is longer than ${maxKeyBytes} bytes`);
  return prefix;
}
