/**
 * `holdall/backends`: what a backend is made of, for those who write one. Users of a store need nothing of it.
 *
 * - **On a medium.** Where a few reads and a write can run as one step (a transaction, a lock, a map in memory), implement a {@link Medium}: where the records
 *   of a store lie, as a {@link Shelf} that gives them and {@link Writes} that it takes. `new LocalBackend(kind, capabilities, connect)` decides commits,
 *   opens, loads and follows on it. Shelves that answer at once are asked by {@link runAtOnce}, others by {@link runLater}; {@link encodeHeader} and its kin
 *   write records as bytes. `tests/packaging/consumers/backend` in the repository is such a backend on a map, and its tests: copy it.
 * - **Of one's own.** What decides commits elsewhere, as a script on a server does, implements {@link Backend}: its page says what must always hold.
 *   {@link Openings} has the connection and the stores on it, {@link Lifetime} who follows a store and how that ends; entries and operations are
 *   read and written here.
 *
 * Either way, what cannot be done is declared in {@link Capabilities}, what fails rejects with a {@link HoldallError} (`UNAVAILABLE` for what may pass: it is
 * tried again), and `backendSuite` of `holdall/testing` says whether all promises are kept.
 *
 * Nothing here loads the engine. What is exported follows semver; the bytes that the codecs write are durable, and other releases read them.
 *
 * @example
 * ```ts
 * import { openStore } from "holdall";
 * import { decodeOperations } from "holdall/backends";
 * import { memory } from "holdall/backends/memory";
 *
 * // A backend is an object. This one is another, and tells what is committed to it.
 * const inner = memory();
 * const telling = {
 *   kind: "telling",
 *   capabilities: inner.capabilities,
 *   async open(request) {
 *     const store = await inner.open(request);
 *     const commit = store.commit.bind(store);
 *     return Object.assign(store, {
 *       commit(request) {
 *         for (const { type, key } of decodeOperations(request.bytes)) console.log(type, key);
 *         return commit(request);
 *       },
 *     });
 *   },
 *   remove: (removal) => inner.remove(removal),
 *   close: () => inner.close(),
 * };
 *
 * const store = await openStore({ backend: telling, name: "orders" });
 * await store.setAndWait("17", "paid"); // put 17
 * await store.close();
 * ```
 *
 * @module
 */

export { type ErrorCode, type ErrorDetails, HoldallError, HoldallTypeError } from "../errors.js";
export type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";
export * from "./backend.js";
export {
  deadlineOf,
  decodeEntry,
  decodePart,
  encodeEntries,
  encodeEntry,
  partOf,
  type StoredEntry,
  type StoredMetadata,
  versionOf,
} from "./entries.js";
export { Lifetime } from "./lifetime.js";
export { LocalBackend, type LocalOptions } from "./local/backend.js";
export { type FormatSupport, formatSupport } from "./local/formats.js";
export {
  decodeHead,
  decodeHeader,
  decodeLogged,
  decodeReplica,
  encodeHead,
  encodeHeader,
  encodeLogged,
  encodeReplica,
  type HeadRecord,
  type ReplicaRecord,
} from "./local/records.js";
export {
  type Awaitable,
  type KeyedRecord,
  type Listener,
  type Medium,
  type Outcome,
  type Page,
  type Procedure,
  type Question,
  runAtOnce,
  runLater,
  type Shelf,
  type StoreState,
  type Writes,
} from "./local/shelf.js";
export { type Connecting, Openings } from "./openings.js";
export { decodeOperations, encodeOperations, type MetadataPatch, type Operation, type OperationTtl } from "./operations.js";
export type { StoredValue } from "./record.js";
