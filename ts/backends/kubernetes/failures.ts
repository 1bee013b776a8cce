/**
 * What an answer that is none means, in codes.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.js";
import { HoldallError } from "../../errors.js";
import type { ApiAnswer } from "./connection.js";
import type { ObjectKind } from "./layout.js";

/** The server has refused a write as it is, and nothing has changed: for the caller of that write alone. */
export class Refused extends HoldallError {}

/** Kubernetes' own description of a failure. */
interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly kind?: string };
}

function statusOf({ text }: ApiAnswer): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    return { message: text };
  }
}

/** Whether what does not exist is the object, and not its namespace or its kind. */
export function isMissingObject(answer: ApiAnswer, { plural }: ObjectKind): boolean {
  return answer.status === 404 && statusOf(answer).details?.kind === plural;
}

/** What has failed, of a request that changes nothing or whose outcome is known to be that nothing has changed. */
export function failureOf(answer: ApiAnswer, kind: ObjectKind): HoldallError {
  const { code, message } = meaningOf(answer, kind);
  return new HoldallError(code, message);
}

/** What a write failed with: {@link Refused} when it will be refused again and certainly has changed nothing, else `UNAVAILABLE`, after which nothing is known. */
export function writeFailureOf(answer: ApiAnswer, kind: ObjectKind): HoldallError {
  const { code, message } = meaningOf(answer, kind);
  return code === "UNAVAILABLE" ? new HoldallError(code, message) : new Refused(code, message);
}

function meaningOf(answer: ApiAnswer, { plural, definedBy, rights }: ObjectKind): { code: ErrorCode; message: string } {
  const { message = "", details, reason } = statusOf(answer);
  const told = `Kubernetes says (${answer.status}): ${message.slice(0, 500)}`;
  switch (answer.status) {
    case 400:
    case 422:
      return {
        code: "NOT_SUPPORTED",
        message: `The cluster's definition of ${plural} is of another version: ${definedBy}. ${told}`,
      };
    case 403:
      if (/exceeded quota/.test(message)) return { code: "QUOTA_EXCEEDED", message: `The namespace's quota does not allow it. ${told}` };
      return { code: "FORBIDDEN", message: `The rights of ${rights} are missing. ${told}` };
    case 404:
      if (details?.kind === "namespaces") return { code: "INVALID_ARGUMENT", message: `The namespace does not exist. ${told}` };
      return {
        code: "NOT_SUPPORTED",
        message: `The cluster does not know ${plural}: ${definedBy}. ${told}`,
      };
    case 413:
      return { code: "COMMIT_TOO_LARGE", message: `The commit is larger than a request may be. ${told}` };
    default:
      // etcd says so, or the API server before it asks etcd.
      if (/request is too large|message larger than max/.test(message))
        return { code: "QUOTA_EXCEEDED", message: `The object has no room for it. ${told}` };
      return { code: "UNAVAILABLE", message: `The Kubernetes API server cannot do it now (${reason ?? "no reason given"}). ${told}` };
  }
}
