/**
 * What goes wrong between a client and its server, as errors of the family. Payloads and keys that the client or the server mention do not come along.
 *
 * @module
 */
import { causeOf } from "../../clients/cause.js";
import { HoldallError } from "../../errors.js";
import { UnavailableError } from "../errors.js";

/** A command that was not sent for certain: it may be sent on another connection. */
export class NotSent extends Error {}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Whether the server itself has said this. */
export function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** The server could not be reached, or refuses to talk. */
export function unreachable(error: unknown): UnavailableError {
  const cause = causeOf(error);
  return new UnavailableError(`Redis cannot be reached: ${cause.message}`, { outcome: "not done", cause });
}

/** The connection was lost before the answer came. */
function lost(error: unknown): UnavailableError {
  const told = "The connection to Redis was lost before the answer came; whether the call had its effect is unknown";
  return new UnavailableError(told, { outcome: "unknown", cause: causeOf(error) });
}

/** Whether a command's connection was lost before its answer came. */
export function isLoss(error: unknown): boolean {
  return error instanceof UnavailableError && error.outcome === "unknown" && error.cause !== undefined;
}

/** No answer came in time. */
export function unanswered(): UnavailableError {
  return new UnavailableError("Redis did not answer in time; whether the call had its effect is unknown", { outcome: "unknown" });
}

/** What a command that was sent ended with. */
export function failureOf(error: unknown): Error {
  const message = textOf(error);
  if (!isReply(error)) {
    // The client's own words for a command that it never wrote.
    return message.includes("isn't writeable") ? new NotSent(message) : lost(error);
  }
  const cause = causeOf(error);
  if (/\bOOM\b/.test(message)) return new HoldallError("QUOTA_EXCEEDED", "The server has no memory left", { cause });
  if (/\bWRONGTYPE\b/.test(message)) return new HoldallError("TYPE_MISMATCH", "At this key the server has something else", { cause });
  return new UnavailableError(`Redis refused the call: ${cause.message}`, { outcome: "not done", cause });
}

/** Whether a server that says this will not take writes on this connection again: it became a replica. */
export function isDemoted(error: unknown): boolean {
  return isReply(error) && textOf(error).startsWith("READONLY");
}

/** Whether it makes no sense to connect again at once: the server has refused who we are or what we want. */
export function isFinal(error: unknown): boolean {
  return isReply(error) && !/^(?:LOADING|BUSY|MASTERDOWN)/.test(textOf(error));
}
