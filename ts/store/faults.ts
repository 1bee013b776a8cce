/**
 * Why a call is refused, as errors: what the engine says, and what it is not asked about.
 *
 * @module
 */

import { type ErrorCode, type ErrorDetails, HoldallError, HoldallRangeError, HoldallTypeError } from "../errors.js";
import { detailsOf, type Prefix } from "./exchange.js";

/** `CLOSED`: what a store answers that has been disposed of, or a transaction that has ended. */
export function closed(isTransaction = false): HoldallError {
  return new HoldallError("CLOSED", isTransaction ? "The transaction has ended" : "The store has been disposed of");
}

/** `OUT_OF_MEMORY`: a call may need more memory than there is, and nothing has changed. */
export function outOfMemory(details?: ErrorDetails): HoldallError {
  return new HoldallError("OUT_OF_MEMORY", "There is no memory for this call", details);
}

/**
 * What the engine refused by: a code, a space, a message, and where it names a key, a line break and the full key.
 *
 * @param fault - nothing: there was no memory for the call, nor for saying so
 * @param key - the key that the caller gave, relative to the prefix
 */
export function refusalOf(fault: string | undefined, prefix: Prefix, key: string | undefined): Error {
  if (fault === undefined) return outOfMemory(detailsOf(prefix, key));
  const at = fault.indexOf(" ");
  const code = fault.slice(0, at) as ErrorCode;
  const end = fault.indexOf("\n");
  const message = fault.slice(at + 1, end < 0 ? undefined : end);
  const details = detailsOf(prefix, key ?? (end < 0 ? undefined : fault.slice(end + 1 + prefix.text.length)));
  if (code === "OUT_OF_RANGE") return new HoldallRangeError(message, details);
  if (code === "INVALID_ARGUMENT") return new HoldallTypeError(message, details);
  return new HoldallError(code, message, details);
}
