/**
 * Makes Pepr stores: checks the options, and gives the face its items.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import { reportTo } from "../faces/callbacks.js";
import type { Store, StoreOptions } from "../store/types/index.js";
import { connectTo } from "./link.js";
import { checkFace } from "./options.js";
import { type PeprNamespace, PeprStore } from "./store.js";
import { StrictPeprStore } from "./strict.js";
import type { PeprStoreOptions } from "./types.js";

/** `peprStore`: a Pepr store, strict or not. */
export interface PeprFactory {
  /** A Pepr store with Pepr's exact behaviour. */
  (options: PeprStoreOptions & { readonly compat: "strict" }): StrictPeprStore;
  /** A Pepr store, ready at once unless it stands in for Pepr's own. */
  (options?: PeprStoreOptions & { readonly compat?: undefined }): PeprStore;
  /** One or the other, as the options say. */
  (options: PeprStoreOptions): PeprStore | StrictPeprStore;
}

function check(options: PeprStoreOptions): void {
  if (typeof options !== "object" || options === null) throw new HoldallTypeError("options must be an object");
  const { store, capability, compat, standIn } = options;
  if (store !== undefined && typeof store?.isolate !== "function") throw new HoldallTypeError("store must be a Holdall store");
  if (capability !== undefined && (typeof capability !== "string" || capability === "")) {
    throw new HoldallTypeError("capability must be a string that is not empty");
  }
  if (compat !== undefined && compat !== "strict") throw new HoldallTypeError('compat must be "strict" or left out');
  checkFace(options);
  if (standIn !== undefined && typeof standIn !== "boolean") throw new HoldallTypeError("standIn must be a boolean");
}

function namespaceOf(options: PeprStoreOptions, createStore: (options?: StoreOptions) => Store): PeprNamespace {
  const { store, capability, clock, onError } = options;
  if (store !== undefined) return { items: capability === undefined ? store : store.isolate(capability), release: () => {} };
  const own = createStore({ clock, onError });
  return { items: capability === undefined ? own : own.isolate(capability), release: () => own.dispose() };
}

/** Makes `peprStore` for a platform's `createStore`. */
export function peprFactory(createStore: (options?: StoreOptions) => Store): PeprFactory {
  function peprStore(options: PeprStoreOptions & { readonly compat: "strict" }): StrictPeprStore;
  function peprStore(options?: PeprStoreOptions & { readonly compat?: undefined }): PeprStore;
  function peprStore(options: PeprStoreOptions): PeprStore | StrictPeprStore;
  function peprStore(options: PeprStoreOptions = {}): PeprStore | StrictPeprStore {
    check(options);
    if (options.compat === undefined) return new PeprStore(namespaceOf(options, createStore), options);
    if (options.standIn) return new StrictPeprStore({ clock: options.clock });
    const { items, release } = namespaceOf(options, createStore);
    return new StrictPeprStore({ clock: options.clock, connect: connectTo(items, reportTo(options.onError), release) });
  }
  return peprStore;
}
