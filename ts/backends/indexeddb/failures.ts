/**
 * What errors of IndexedDB mean to who uses a backend.
 *
 * @module
 */

import { type ErrorCode, HoldallError } from "../../errors.js";

const meanings: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  QuotaExceededError: ["QUOTA_EXCEEDED", "What the browser lets this origin keep is used up"],
  VersionError: ["FORMAT_TOO_NEW", "A later version of Holdall has made the database: use that, or a later one"],
  SecurityError: ["NOT_SUPPORTED", "The browser does not let this page use IndexedDB"],
  InvalidStateError: ["UNAVAILABLE", "The database has been closed"],
  DataError: ["INVALID_ARGUMENT", "A key or a name is none that IndexedDB takes"],
};

/** An error of IndexedDB as one of Holdall's. */
export function failureOf(error: unknown): HoldallError {
  if (error instanceof HoldallError) return error;
  const { name = "", message = "" } = (error ?? {}) as { readonly name?: string; readonly message?: string };
  const [code, text] = meanings[name] ?? (["UNAVAILABLE", `IndexedDB failed: ${name} ${message}`] as const);
  return new HoldallError(code, text, { cause: error });
}
