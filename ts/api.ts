/**
 * What every entry exports beside its `createStore`.
 *
 * @module
 */

export { type ErrorCode, type ErrorDetails, HoldallError, HoldallRangeError, HoldallTypeError, NotFoundError } from "./errors.js";
export { maxKeyBytes } from "./store/exchange.js";
export { SchemaError } from "./store/standard-schema.js";
export type * from "./store/types/index.js";
