/**
 * Removes stores from a backend, for good.
 *
 * @module
 */

import type { Backend } from "../backends/backend.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkFunction, typeOf } from "../store/arguments.js";
import { checkText } from "../store/metadata.js";

/** What removing a store may depend on. */
export interface RemovalOptions {
  /** Removes it only when it has no entry; what has expired is none. Default `false`. */
  readonly ifEmpty?: boolean | undefined;
}

/** Options of `removeStore`. */
export interface RemoveOptions extends RemovalOptions {
  /** What keeps the store. */
  readonly backend: Backend;
  /** The store's name; that of one that was opened without is `default`. */
  readonly name: string;
}

/**
 * Removes a store from its backend, with all that is kept of it: entries, log, header. Nothing is opened, so no engine is loaded.
 *
 * Close its replicas first. One that is open finds it replaced: it makes an empty store of the name anew, its listeners hear that the entries are gone, and what it has
 * pending is written there. A removal that arrives late leaves that store alone.
 *
 * Resolves when the removal is durable: `true` when the store is gone, also where there was none; `false` when it has entries and `ifEmpty` was asked for.
 *
 * @throws `INVALID_ARGUMENT` for options, `NOT_SUPPORTED` where the backend removes no stores, `FORMAT_TOO_NEW` when a later version has raised its format, `CORRUPTED`
 * when what is there is damaged or not Holdall's, `FORBIDDEN`, `CLOSED`; `UNAVAILABLE` when the backend does not answer, and the store may be gone.
 *
 * @example
 * ```ts
 * import { openStore, removeStore } from "holdall";
 * import { memory } from "holdall/backends/memory";
 *
 * const backend = memory();
 * const store = await openStore({ backend, name: "orders" });
 * store.set("17", "paid");
 * await store.close();
 * await removeStore({ backend, name: "orders", ifEmpty: true }); // false
 * await removeStore({ backend, name: "orders" }); // true
 * ```
 */
export async function removeStore(options: RemoveOptions): Promise<boolean> {
  if (typeof options !== "object" || options === null) throw new HoldallTypeError(`options must be an object, not ${typeOf(options)}`);
  const { backend, name, ifEmpty } = options;
  checkBackend(backend);
  checkText("name", name);
  if (name === "") throw new HoldallTypeError("name must not be empty");
  checkIfEmpty(ifEmpty);
  return removeFrom(backend, { name, ifEmpty });
}

/** Refuses what is no backend. */
export function checkBackend(backend: unknown): void {
  if (typeof backend !== "object" || backend === null) throw new HoldallTypeError(`backend must be a backend, not ${typeOf(backend)}`);
  checkFunction("backend.open", (backend as Backend).open);
}

/** Refuses what says neither yes nor no. */
export function checkIfEmpty(ifEmpty: unknown): void {
  if (ifEmpty !== undefined && typeof ifEmpty !== "boolean")
    throw new HoldallTypeError(`ifEmpty must be a boolean, not ${typeOf(ifEmpty)}`);
}

/** Removes a store, where the backend can. */
export function removeFrom(backend: Backend, removal: Parameters<Backend["remove"]>[0]): Promise<boolean> {
  if (backend.capabilities.removal !== false && typeof backend.remove === "function") return backend.remove(removal);
  return Promise.reject(new HoldallError("NOT_SUPPORTED", `The backend "${backend.kind}" removes no stores`));
}
