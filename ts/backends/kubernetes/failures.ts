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

/** The cluster does not know who asks, though all credentials were read anew. It may pass, as when a token is replaced, and somebody should know. */
export class Unauthenticated extends HoldallError {}

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
  return passing(answer, code, message) ?? new HoldallError(code, message);
}

/** What a write failed with: {@link Refused} when it will be refused again and certainly has changed nothing, else `UNAVAILABLE`, after which nothing is known. */
export function writeFailureOf(answer: ApiAnswer, kind: ObjectKind): HoldallError {
  const { code, message } = meaningOf(answer, kind);
  return passing(answer, code, message) ?? new Refused(code, message);
}

/** A failure after which the same may succeed. */
function passing({ status }: ApiAnswer, code: ErrorCode, message: string): HoldallError | undefined {
  if (code !== "UNAVAILABLE") return undefined;
  return status === 401 ? new Unauthenticated(code, message) : new HoldallError(code, message);
}

/** What a failure is. */
interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
}

function meaningOf(answer: ApiAnswer, { plural, definedBy, rights }: ObjectKind): Meaning {
  const { message = "", details, reason } = statusOf(answer);
  const told = `Kubernetes says (${answer.status}): ${message.slice(0, 500)}`;
  const as = (code: ErrorCode, meaning: string): Meaning => ({ code, message: `${meaning}. ${told}` });
  switch (answer.status) {
    case 400:
    case 422:
      if (isOfPolicy(message)) return as("FORBIDDEN", "A policy of the cluster refuses it");
      if (/annotations: Too long/.test(message)) return as("QUOTA_EXCEEDED", "The annotations of the object have no room for it");
      if (/strict decoding error|unknown field|is invalid/.test(message)) {
        return as("NOT_SUPPORTED", `The cluster's definition of ${plural} is of another version: ${definedBy}`);
      }
      return as("NOT_SUPPORTED", "The cluster does not take such a request");
    case 401:
      return as("UNAVAILABLE", "The cluster does not know who asks: the credentials are wrong, or no longer good");
    case 403:
      if (/exceeded quota/.test(message)) return as("QUOTA_EXCEEDED", "The namespace's quota does not allow it");
      if (/being terminated/.test(message)) return as("INVALID_ARGUMENT", "The namespace is being deleted");
      if (isOfPolicy(message)) return as("FORBIDDEN", "A policy of the cluster refuses it");
      // RBAC's words: `User "x" cannot patch resource "y" in API group "z"`.
      if (/cannot \w+ (resource|path) /.test(message)) return as("FORBIDDEN", `The rights of ${rights} are missing`);
      return as("FORBIDDEN", "The cluster forbids it");
    case 404:
      if (details?.kind === "namespaces") return as("INVALID_ARGUMENT", "The namespace does not exist");
      return as("NOT_SUPPORTED", `The cluster does not know ${plural}: ${definedBy}`);
    case 413:
      return as("COMMIT_TOO_LARGE", "The commit is larger than a request may be");
    default:
      // etcd says so, or the API server before it asks etcd.
      if (/request is too large|message larger than max/.test(message)) return as("QUOTA_EXCEEDED", "The object has no room for it");
      return as("UNAVAILABLE", `The Kubernetes API server cannot do it now (${reason ?? "no reason given"})`);
  }
}

/** Whether an admission webhook or a policy says so, with whatever status it likes. */
function isOfPolicy(message: string): boolean {
  return /admission webhook .* denied|denied request/.test(message);
}
