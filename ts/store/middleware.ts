/**
 * Middleware: what wraps the calls through a view and its scopes.
 *
 * It is bound to the prefix, not to a handle: a call passes the layers whose prefixes its own begins with, those of outer scopes first. Each
 * layer sees keys by its own short names. Writes pass as steps, checked and encoded before the first layer sees them; a layer is shown frozen
 * copies, and what it puts in their place is checked and encoded again. Where nothing is used, the field `Core.wrapping` is all there is.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkFunction, checkIterable, checkString, ttlDefault, ttlKeep, ttlNever, ttlNumber, typeOf, writeTtl } from "./arguments.js";
import type { Core } from "./core.js";
import { detailsOf, maxKeyBytes, type Prefix, prefixOf } from "./exchange.js";
import { checkText, type Metadata, metadataOf } from "./metadata.js";
import type { Layer } from "./parts.js";
import { atOnce } from "./promises.js";
import { encodeFor, readBack, type Step } from "./staging.js";
import type { Written } from "./steps.js";
import type { Middleware, ReadOperation, SetOptions, Unsubscribe, Write } from "./types/index.js";

const refusal = "middleware must be synchronous; what it passed on is done";

/** Wraps the calls of the views whose prefixes begin with this one, until what it returns is called. */
export function wrap(core: Core, prefix: Prefix, middleware: Middleware): Unsubscribe {
  core.begin();
  if (typeof middleware !== "object" || middleware === null) {
    throw new HoldallTypeError(`middleware must be an object, not ${typeOf(middleware)}`);
  }
  const { read, write } = middleware;
  if (read === undefined && write === undefined) throw new HoldallTypeError("middleware must have read or write");
  for (const [name, method] of Object.entries({ read, write })) {
    if (method === undefined) continue;
    checkFunction(`middleware.${name}`, method);
    // Refused here, since what it would pass on before its first `await` would be written all the same.
    if (Object.prototype.toString.call(method) === "[object AsyncFunction]") throw new HoldallTypeError(refusal);
  }
  const layer: Layer = { prefix: prefix.text, read: read?.bind(middleware), write: write?.bind(middleware) };
  core.wrapping = [...(core.wrapping ?? []), layer].sort((a, b) => a.prefix.length - b.prefix.length);
  // Views find no cell of the memo any more, so their reads come to where this is looked at.
  if (read !== undefined) core.memo.clear();
  return () => {
    const others = core.wrapping?.filter((other) => other !== layer) ?? [];
    core.wrapping = others.length === 0 ? undefined : others;
  };
}

/** Whether the reads of a view are wrapped, so that it must keep none in a memo; or its writes. */
export function wraps(core: Core, of: "read" | "write", view: Prefix): boolean {
  return layersAround(core, of, [view]).length > 0;
}

/** The layers around any of these views, outermost first. */
function layersAround(core: Core, of: "read" | "write", views: readonly Prefix[]): readonly Layer[] {
  return core.wrapping?.filter((layer) => layer[of] && views.some(({ text }) => text.startsWith(layer.prefix))) ?? [];
}

/** Asks the store through the layers around a view. */
export function readThrough<T>(core: Core, within: Prefix, operation: ReadOperation, key: string | undefined, ask: () => T): T {
  const { text } = within;
  const layers = layersAround(core, "read", [within]);
  if (layers.length === 0) return ask();
  core.begin();
  if (key !== undefined) core.exchange.writeKey(within, key);
  const pass = (index: number): unknown => {
    const layer = layers[index];
    if (layer === undefined) return ask();
    const scope = text.slice(layer.prefix.length);
    const call = Object.freeze({ operation, key: key === undefined ? undefined : scope + key, scope: scope.slice(0, -1) });
    return atOnce(
      refusal,
      layer.read?.(call, () => pass(index + 1)),
    );
  };
  return pass(0) as T;
}

/**
 * Commits what was written through views, as one list through the layers around any of them. Every mutation that is called for passes here
 * where something is wrapped.
 *
 * @param commit - commits steps with full keys, and tells how many entries they found
 * @returns what `commit` told; 0 when a layer did not pass them on
 */
export function writeThrough(core: Core, written: readonly Written[], commit: (steps: readonly Step[]) => number): number {
  core.begin();
  const layers = layersAround(
    core,
    "write",
    written.map(([view]) => view),
  );
  const pass = (index: number, list: readonly Step[]): number => {
    const layer = layers[index];
    return layer === undefined ? commit(list) : passLayer(core, layer, list, (next) => pass(index + 1, next));
  };
  return pass(
    0,
    written.flatMap(([view, steps]) => toFullKeys(core, view, steps)),
  );
}

/** Shows a layer the steps within it, by their full keys. */
function passLayer(core: Core, layer: Layer, steps: readonly Step[], pass: (steps: readonly Step[]) => number): number {
  // An outer layer may have added writes outside of this one: they go around it.
  const inside = steps.filter(({ key }) => key.startsWith(layer.prefix));
  if (inside.length === 0) return pass(steps);
  const shown = new Map(inside.map((step) => [showStep(core, step, layer.prefix.length), step]));
  const writes = Object.freeze([...shown.keys()]);
  let isOpen = true;
  let found = 0;
  const next = (replaced: readonly Write[] = writes): number => {
    if (!isOpen) throw new HoldallTypeError("next must be called once, before write returns");
    isOpen = false;
    if (replaced === writes) {
      found = pass(steps);
      return found;
    }
    checkIterable("writes", replaced);
    const within = prefixOf(layer.prefix);
    const list = Array.from(replaced, (write) => shown.get(write) ?? toFullKeys(core, within, [readWrite(core, within, write)]));
    found = pass([...steps.filter(({ key }) => !key.startsWith(layer.prefix)), ...list.flat()]);
    return found;
  };
  try {
    atOnce(refusal, layer.write?.(writes, next));
  } finally {
    isOpen = false;
  }
  return found;
}

/** The steps by their full keys, which are keys. */
function toFullKeys(core: Core, prefix: Prefix, steps: readonly Step[]): Step[] {
  return steps.map((step) => {
    const to = core.exchange.writeKey(prefix, step.key);
    if (to - core.exchange.keyFrom(prefix) > maxKeyBytes) {
      throw new HoldallError("INVALID_KEY", `The key is longer than ${maxKeyBytes} bytes with its scope`, detailsOf(prefix, step.key));
    }
    return { ...step, key: prefix.text + step.key };
  });
}

/** A step as middleware sees it. */
function showStep(core: Core, step: Step, prefixLength: number): Write {
  const key = step.key.slice(prefixLength);
  switch (step.type) {
    case "set":
      return Object.freeze({ type: "set", key, value: readBack(step.encoded), ...showTtl(core, step.ttl), ...showMetadata(step.metadata) });
    case "clear":
      return Object.freeze({ type: "clear", prefix: key });
    case "touch":
      return Object.freeze({ type: "touch", key, ttl: step.ttl === ttlNever ? null : step.ttl });
    case "meta": {
      const { addTag, removeTag, setProperty, removeProperty } = step;
      return Object.freeze({
        type: "meta",
        key,
        ...showMetadata(step.metadata),
        ...(addTag !== undefined && { addTag }),
        ...(removeTag !== undefined && { removeTag }),
        ...(setProperty && { setProperty: Object.freeze([setProperty[0], readBack(setProperty[1])] as const) }),
        ...(removeProperty !== undefined && { removeProperty }),
      });
    }
    default:
      return Object.freeze({ type: "delete", key });
  }
}

function showTtl(core: Core, ttl: number): Pick<SetOptions, "ttl" | "keepTtl"> {
  // A deadline, which crosses with a minus before it.
  if (ttl < ttlKeep) return { ttl: Math.max(-ttl - core.now(), 1) };
  if (ttl === ttlDefault) return {};
  return ttl === ttlKeep ? { keepTtl: true } : { ttl: ttl === ttlNever ? null : ttl };
}

function showMetadata({ tags, properties, description }: Partial<Metadata> = {}) {
  const decoded = properties?.map(([name, encoded]) => [name, readBack(encoded)] as const);
  return {
    ...(tags && { tags: Object.freeze([...tags]) }),
    ...(decoded && { properties: Object.freeze(Object.fromEntries(decoded)) }),
    ...(description !== undefined && { description }),
  };
}

/** A write that middleware made, as a step: checked as the arguments of a call. */
function readWrite(core: Core, prefix: Prefix, write: Write): Step {
  if (typeof write !== "object" || write === null) throw new HoldallTypeError(`each of writes must be an object, not ${typeOf(write)}`);
  switch (write.type) {
    case "set": {
      const { type, key, value } = write;
      return { type, key, encoded: encodeFor(prefix, key, value), ttl: writeTtl(core.engine, write), metadata: metadataOf(write) };
    }
    case "delete":
      return { type: "delete", key: write.key };
    case "clear":
      checkString("prefix", write.prefix);
      return { type: "clear", key: write.prefix };
    case "touch":
      return { type: "touch", key: write.key, ttl: ttlNumber(core.engine, write.ttl) };
    case "meta": {
      const { type, key, addTag, removeTag, setProperty, removeProperty } = write;
      if (setProperty !== undefined) checkText("the name of setProperty", setProperty?.[0]);
      if (removeProperty !== undefined) checkText("removeProperty", removeProperty);
      if (addTag !== undefined) checkText("addTag", addTag);
      if (removeTag !== undefined) checkText("removeTag", removeTag);
      const property = setProperty && ([setProperty[0], encodeFor(prefix, key, setProperty[1])] as const);
      return { type, key, metadata: metadataOf(write), addTag, removeTag, setProperty: property, removeProperty };
    }
    default:
      throw new HoldallTypeError("the type of each of writes must be set, delete, clear, touch or meta");
  }
}
