/**
 * `getOrLoad`: on a miss the loader runs once for all who wait, and what it gives is put into the store for all.
 *
 * What happens to the key meanwhile wins over what was loaded, which may be older: a load ends at once for those who come later, and
 * writes nothing, when the key is set or anything else happens to it, and when a call deletes it, though there is nothing to delete yet (that
 * is how a cache is told that what lies behind it has changed). A load keeps no process alive by itself.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { checkFunction, checkOptions, writeTtl } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { metadataOf } from "./metadata.js";
import { commitSteps, stageVersion } from "./putting.js";
import { encodeFor, readBack, type Step } from "./staging.js";
import { own } from "./telling.js";
import type { LoadOptions, Value } from "./types/index.js";
import { coreOf, prefixWithin, type StoreView } from "./view.js";

interface Load {
  readonly result: Promise<Value>;
  /** Something newer has happened to the key. */
  readonly end: () => void;
}

/** The loads under way in each store, by full key. */
const loads = /* @__PURE__ */ new WeakMap<Core, Map<string, Load>>();
/** How many there are in all, since every delete asks. */
let count = 0;

/** Ends the load of a key, which a call deletes; or those of all keys with the prefix. Within a transaction, once it commits. */
export function endLoads(core: Core, prefix: Prefix, key?: string): void {
  core.deleted?.push([prefix, key]);
  if (count === 0) return;
  const ofStore = loads.get(core);
  if (key !== undefined) ofStore?.get(prefix.text + key)?.end();
  else for (const [full, load] of ofStore ?? []) if (full.startsWith(prefix.text)) load.end();
}

/** The value, or what the loader gives. */
export async function getOrLoad(view: StoreView, key: string, loader: () => unknown, options: LoadOptions = {}): Promise<Value> {
  checkFunction("loader", loader);
  checkOptions(options);
  const metadata = metadataOf(options);
  const core = coreOf(view);
  const ttl = writeTtl(core.engine, options);
  const value = view.get(key);
  if (value !== undefined) return value;
  const prefix = prefixWithin(view);
  const load = loads.get(core)?.get(prefix.text + key);
  const result = load?.result ?? begin(core, prefix, key, loader, (encoded) => ({ type: "set", key, encoded, ttl, metadata }));
  return own(await result) as Value;
}

/** Begins a load. */
function begin(
  core: Core,
  prefix: Prefix,
  key: string,
  loader: () => unknown,
  stepOf: (encoded: ReturnType<typeof encodeFor>) => Step,
): Promise<Value> {
  const full = prefix.text + key;
  const ofStore = loads.get(core) ?? new Map<string, Load>();
  let isOvertaken = false;
  const settle = () => {
    if (ofStore.get(full) !== load) return;
    ofStore.delete(full);
    count -= 1;
    unwatch();
  };
  const run = async (): Promise<Value> => {
    try {
      const encoded = encodeFor(prefix, key, await loader());
      settle();
      if (!isOvertaken) store(core, prefix, key, stepOf(encoded));
      // Told of it, a listener may have deleted it already.
      return core.read(prefix, key, false, () => undefined) ?? readBack(encoded);
    } finally {
      settle();
    }
  };
  const end = () => {
    isOvertaken = true;
    settle();
  };
  const unwatch = core.hub.watch(prefix.text, { key: full }, end);
  // The loader runs when all is in place, whatever it calls.
  const load: Load = { result: Promise.resolve().then(run), end };
  loads.set(core, ofStore.set(full, load));
  count += 1;
  return load.result;
}

/** Commits what was loaded, unless the key is there by now. */
function store(core: Core, prefix: Prefix, key: string, step: Step): void {
  try {
    commitSteps(core, prefix, [step], key, () => stageVersion(core, prefix, key, 0));
  } catch (error) {
    if (!(error instanceof HoldallError) || error.code !== "CONFLICT") throw error;
  }
}
