/**
 * Commits as suites and tests write them down: what is not said is nothing.
 *
 * @module
 */

import type { CommitRequest } from "../../backends/backend.js";
import { encodeOperations } from "../../backends/operations.js";

/** A commit without what can be left out. */
export type CommitParts = Pick<CommitRequest, "replica" | "counter" | "operations"> & Partial<CommitRequest>;

/** A commit as a replica would send it. */
export function commitOf({ conditions = [], ranges = [], isRetry = false, ...parts }: CommitParts): CommitRequest {
  return { conditions, ranges, isRetry, bytes: encodeOperations(parts.operations), ...parts };
}
