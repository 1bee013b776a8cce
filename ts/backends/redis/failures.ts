/**
 * What the failures of a server or a connection mean here.
 *
 * @module
 */

import { causeOf } from "../../clients/cause.js";
import { type ErrorCode, HoldallError } from "../../errors.js";

/** Errors that will not pass by themselves, by the first word of what the server says. All others may: `LOADING`, `CLUSTERDOWN`, `READONLY`, `TRYAGAIN`, `MISCONF`, `BUSY`, a lost connection … */
const lasting: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  CORRUPTED: ["CORRUPTED", "The store in Redis is damaged, or was not written by Holdall"],
  WRONGTYPE: ["CORRUPTED", "A key of the store in Redis is of another type, or has more in it, so it was not written by Holdall alone"],
  OOM: ["QUOTA_EXCEEDED", "The Redis server is out of memory (maxmemory)"],
  NOPERM: ["INVALID_ARGUMENT", "The Redis server does not allow its user what Holdall needs"],
  NOAUTH: ["INVALID_ARGUMENT", "The Redis server asks for a password"],
  WRONGPASS: ["INVALID_ARGUMENT", "The Redis server refuses the user or the password"],
};

/** The first word of what a server has answered; empty when it was not a server that failed. */
export function replyCode(error: unknown): string {
  return error instanceof Error && error.name === "ReplyError" ? (/^[A-Z]+/.exec(error.message)?.[0] ?? "") : "";
}

/** Whether a script has called what its user may not: servers say so in words of their own, and not by the code. */
function isForbidden(message: string): boolean {
  return /^ERR (?:ACL failure in script|The user executing the script can't)/.test(message);
}

/** The error of the family for what was thrown by the client. Keys and values that the client or the server mention do not come along. */
export function failureOf(error: unknown): HoldallError {
  if (error instanceof HoldallError) return error;
  const cause = causeOf(error);
  const { message } = cause;
  if (/^ERR unknown command/i.test(message)) {
    return new HoldallError("NOT_SUPPORTED", `The Redis server does not know a command that Holdall needs: ${message}`, { cause });
  }
  // The first that a commit writes; the stream has an entry of somebody else beyond its own.
  const isForeign = message.includes("ID specified in XADD");
  const known = lasting[isForeign ? "WRONGTYPE" : isForbidden(message) ? "NOPERM" : replyCode(error)];
  if (known === undefined) return new HoldallError("UNAVAILABLE", `Redis is not available now: ${message}`, { cause });
  const [code, says] = known;
  return new HoldallError(code, `${says}: ${message.replace(/^CORRUPTED /, "").replace(/ script: .*$/, "")}`, { cause });
}
