/**
 * The one family of errors. Callers test `code`; messages may improve between versions and never hold a stored value.
 *
 * @module
 */

/** Every code that this version can answer. */
export type ErrorCode =
  | "BACKLOG_FULL"
  | "CANCELLED"
  | "CLIENT_MISSING"
  | "CLOSED"
  | "COMMIT_TOO_LARGE"
  | "CONFLICT"
  | "CORRUPTED"
  | "CURSOR_TOO_OLD"
  | "ENGINE_FAILED"
  | "ENGINE_UNAVAILABLE"
  | "FORBIDDEN"
  | "FORMAT_TOO_NEW"
  | "INVALID_ARGUMENT"
  | "INVALID_GRAPH"
  | "INVALID_KEY"
  | "INVALID_LINES"
  | "INVALID_OUTPUT"
  | "INVALID_PAYLOAD"
  | "INVALID_SNAPSHOT"
  | "INVALID_VALUE"
  | "LEASE_LOST"
  | "MISSING_KEYS"
  | "MISSING_OUTPUT"
  | "NODE_FAILED"
  | "NOT_FOUND"
  | "NOT_PRODUCED"
  | "NOT_SUPPORTED"
  | "OUTCOME_UNKNOWN"
  | "OUT_OF_MEMORY"
  | "OUT_OF_RANGE"
  | "QUOTA_EXCEEDED"
  | "TIMEOUT"
  | "TYPE_MISMATCH"
  | "UNAVAILABLE"
  | "UNKNOWN_NODE"
  | "UNRESOLVED";

/** What an error can say beyond its code and message. */
export interface ErrorDetails {
  /** The key that was asked for, relative to the scope. */
  readonly key?: string | undefined;
  /** The scope that was asked: its full prefix without the last `:`. */
  readonly scope?: string | undefined;
  /** What led to this error. */
  readonly cause?: unknown;
}

/** Marks the family across realms and across copies of this package. */
const family = Symbol.for("holdall.error");

/** What causes these may quote a value. */
const quoting: readonly ErrorCode[] = ["INVALID_VALUE", "TYPE_MISMATCH"];

function join(error: Error & { readonly code?: ErrorCode }, name: string, { key, scope, cause }: ErrorDetails = {}): void {
  Object.defineProperty(error, family, { value: true });
  Object.defineProperty(error, "name", { value: name, configurable: true });
  if (key !== undefined) Object.assign(error, { key });
  if (scope) Object.assign(error, { scope });
  if (cause === undefined) return;
  // By a getter where values are near, which nothing that prints errors calls.
  const how = quoting.includes(error.code as ErrorCode) ? { get: () => cause } : { value: cause };
  Object.defineProperty(error, "cause", { ...how, configurable: true });
}

/**
 * An error of Holdall's. `instanceof HoldallError` holds for the whole family, the ranges and types included;
 * test `code` to tell what went wrong.
 *
 * @example
 * ```ts
 * import { createStore, HoldallError } from "holdall";
 *
 * try {
 *   createStore().getOrThrow("missing");
 * } catch (error) {
 *   if (error instanceof HoldallError && error.code === "NOT_FOUND") console.log(error.key);
 * }
 * ```
 */
export class HoldallError extends Error {
  /** What went wrong, stable across versions. */
  readonly code: ErrorCode;
  /** The key that was asked for, relative to the scope. */
  declare readonly key?: string;
  /** The scope that was asked. */
  declare readonly scope?: string;

  constructor(code: ErrorCode, message: string, details?: ErrorDetails) {
    super(message);
    this.code = code;
    join(this, "HoldallError", details);
  }

  /** Whether something is an error of the family, from whichever copy of the package. */
  static override [Symbol.hasInstance](candidate: unknown): boolean {
    if (this !== HoldallError) return Function.prototype[Symbol.hasInstance].call(this, candidate);
    return typeof candidate === "object" && candidate !== null && family in candidate;
  }
}

/** `NOT_FOUND`: the entry that was asked for is not there. */
export class NotFoundError extends HoldallError {
  /** `true` when the entry is known to have expired. */
  readonly expired: boolean;

  constructor(message: string, details: ErrorDetails & { readonly expired: boolean }) {
    super("NOT_FOUND", message, details);
    this.expired = details.expired;
    Object.defineProperty(this, "name", { value: "NotFoundError", configurable: true });
  }
}

/** `OUT_OF_RANGE`: a number or a span of time is not one that is accepted here. A `RangeError` of the family. */
export class HoldallRangeError extends RangeError {
  /** Always `OUT_OF_RANGE`. */
  readonly code = "OUT_OF_RANGE" satisfies ErrorCode;
  /** The key that was asked for, relative to the scope. */
  declare readonly key?: string;
  /** The scope that was asked. */
  declare readonly scope?: string;

  constructor(message: string, details?: ErrorDetails) {
    super(message);
    join(this, "RangeError", details);
  }
}

/** `INVALID_ARGUMENT`: an argument is of the wrong type or shape. A `TypeError` of the family. */
export class HoldallTypeError extends TypeError {
  /** Always `INVALID_ARGUMENT`. */
  readonly code = "INVALID_ARGUMENT" satisfies ErrorCode;
  /** The key that was asked for, relative to the scope. */
  declare readonly key?: string;
  /** The scope that was asked. */
  declare readonly scope?: string;

  constructor(message: string, details?: ErrorDetails) {
    super(message);
    join(this, "TypeError", details);
  }
}
