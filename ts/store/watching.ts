/**
 * Listening on a view: which changes of the whole store a target of the view's means.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";
import { checkFunction, checkString, typeOf } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import type { Target } from "./hub.js";
import { atOnce } from "./promises.js";
import type { ChangeListener, CommitListener, Unsubscribe, WatchTarget } from "./types/index.js";
import { coreOf, prefixWithin, type StoreView } from "./view.js";

/** Hears every later change in a view, or those that a target picks. */
export function watch<T>(view: StoreView, target: WatchTarget | ChangeListener<T>, listener?: ChangeListener<T>): Unsubscribe {
  const core = coreOf(view);
  const prefix = prefixWithin(view);
  core.begin();
  if (listener === undefined) {
    checkFunction("listener", target);
    return core.hub.watch(prefix.text, { prefix: prefix.text }, target as unknown as ChangeListener);
  }
  checkFunction("listener", listener);
  return core.hub.watch(prefix.text, targetWithin(core, prefix, target as WatchTarget), listener as unknown as ChangeListener);
}

/** Hears every later commit that changes something in a view. */
export function subscribe(view: StoreView, listener: CommitListener): Unsubscribe {
  const core = coreOf(view);
  core.begin();
  checkFunction("listener", listener);
  return core.hub.subscribe(prefixWithin(view).text, listener);
}

function targetWithin(core: Core, within: Prefix, target: WatchTarget): Target {
  if (typeof target === "function") {
    const { length } = within.text;
    return { prefix: within.text, matches: ({ key }) => Boolean(atOnce("predicate must be synchronous", target(key.slice(length)))) };
  }
  if (typeof target === "string") {
    core.exchange.writeKey(within, target);
    return { key: within.text + target };
  }
  if (typeof target !== "object" || target === null)
    throw new HoldallTypeError(`target must be a key, an object or a function, not ${typeOf(target)}`);
  const { tag, prefix = tag === undefined ? undefined : "" }: { readonly tag?: string; readonly prefix?: string } = target;
  checkString("prefix", prefix);
  core.exchange.writeKey(within, prefix, "prefix");
  const full = within.text + prefix;
  if (tag === undefined) return { prefix: full };
  checkString("tag", tag);
  return { prefix: full, matches: ({ tags }) => tags.includes(tag) };
}
