/**
 * What every entry exports beside its `createStore`.
 *
 * @module
 */

export type * from "./backends/backend.js";
export type { MetadataPatch, Operation, OperationTtl } from "./backends/operations.js";
export type { StoredValue } from "./backends/record.js";
export { type ErrorCode, type ErrorDetails, HoldallError, HoldallRangeError, HoldallTypeError, NotFoundError } from "./errors.js";
export type { OpenStore } from "./opener.js";
export { type RemovalOptions, type RemoveOptions, removeStore } from "./replica/removal.js";
export type { BackedStore, DecideOptions, OpenOptions, StoreStatus, SyncOptions, TypedBackedStore } from "./replica/types.js";
export { maxKeyBytes } from "./store/exchange.js";
export { SchemaError } from "./store/standard-schema.js";
export type * from "./store/types/index.js";
