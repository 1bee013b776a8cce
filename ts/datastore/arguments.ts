/**
 * Checks what callers pass in, before anything happens. Times become milliseconds here: from here on nothing counts in seconds.
 *
 * @module
 */
import { HoldallError, HoldallRangeError, HoldallTypeError } from "../errors.js";
import type { Milliseconds } from "../store/types/index.js";
import { isWellFormed } from "../store/values/wellformed.js";
import type { ReservationHandle, Seconds } from "./types.js";

/** The longest span: beyond it no date is. */
const longestSpan: Milliseconds = 8.64e15;

/** How long a reservation lasts that says nothing else. */
const defaultVisibility: Seconds = 30;

/** The name of a queue or a key of the cache: text that UTF-8 can hold, and not empty. */
export function checkName(label: string, name: unknown): asserts name is string {
  if (typeof name !== "string") throw new HoldallTypeError(`${label} must be a string, not ${typeof name}`);
  if (name === "") throw new HoldallError("INVALID_KEY", `${label} must not be empty`);
  if (!isWellFormed(name)) throw new HoldallError("INVALID_KEY", `${label} holds half of a surrogate pair`, { key: name });
}

/** A span in milliseconds, rounded up so that what is over 0 stays so; what floating-point numbers add to a product is no millisecond. */
function span(seconds: Seconds): Milliseconds {
  return Math.max(Math.ceil(seconds * 1_000 - 1e-6), 1);
}

function checkNumber(label: string, seconds: unknown): asserts seconds is number {
  if (typeof seconds !== "number") throw new HoldallTypeError(`${label} must be a number of seconds, not ${typeof seconds}`);
}

/** How long to wait: 0 not at all, `undefined` or infinity for ever. */
export function waitSpan(timeout: unknown): Milliseconds | undefined {
  if (timeout === undefined) return undefined;
  checkNumber("timeout", timeout);
  if (!(timeout >= 0)) throw new HoldallRangeError("timeout must be 0 or more seconds");
  if (timeout === 0) return 0;
  return timeout * 1_000 > longestSpan ? undefined : span(timeout);
}

/** How long something lasts: over 0. */
function lastingSpan(label: string, seconds: unknown): Milliseconds {
  checkNumber(label, seconds);
  if (!(seconds > 0 && seconds * 1_000 <= longestSpan)) throw new HoldallRangeError(`${label} must be over 0 and at most 8.64e12 seconds`);
  return span(seconds);
}

/** How long a value of the cache lives; `undefined` and `null` are for ever. */
export function lifeSpan(ttlSeconds: unknown): Milliseconds | undefined {
  return ttlSeconds === undefined || ttlSeconds === null ? undefined : lastingSpan("ttlSeconds", ttlSeconds);
}

/** How long a reservation lasts. */
export function visibilitySpan(visibility: unknown = defaultVisibility): Milliseconds {
  return lastingSpan("visibility", visibility);
}

/** A whole number that is at least `least`. */
export function checkCount(label: string, count: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): asserts count is number {
  if (typeof count !== "number") throw new HoldallTypeError(`${label} must be a number, not ${typeof count}`);
  if (!(Number.isSafeInteger(count) && count >= least && count <= most)) {
    throw new HoldallRangeError(`${label} must be a whole number from ${least} to ${most}`);
  }
}

/** An object of options, or `undefined`. */
export function checkOptions(options: unknown): void {
  if (options !== undefined && (typeof options !== "object" || options === null)) throw new HoldallTypeError("options must be an object");
}

/** A reservation, whichever process made it. */
export function checkReservation(reservation: unknown): asserts reservation is ReservationHandle {
  if (typeof reservation !== "object" || reservation === null) throw new HoldallTypeError("reservation must be one that reserve() gave");
  const { queue, id } = reservation as Partial<ReservationHandle>;
  checkName("the reservation's queue", queue);
  if (typeof id !== "string" || id === "") throw new HoldallTypeError("the reservation's id must be a string");
}
