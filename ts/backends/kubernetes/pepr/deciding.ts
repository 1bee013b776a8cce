/**
 * What comes of a commit to Pepr's resource: as on any backend (`ledger.ts`), but for what the resource cannot hold, and for what it cannot tell.
 *
 * - It holds well-formed texts alone, without deadlines and metadata. The rest is refused.
 * - That an item was written with the value that it had leaves no trace there. A commit that does nothing else has changed nothing.
 * - An item counts as changed by the last commit that is known to have changed it, or by a later one. So a condition holds where the item has not changed since the
 *   commit that it names, even if the one that changed it is another.
 *
 * @module
 */

import type { CommitRequest, Condition } from "../../backend.js";
import { decodeEntry, type StoredEntry, versionOf } from "../../entries.js";
import { type Decision, decideCommit, requireState, type Terms } from "../../local/ledger.js";
import { ask, type Outcome, type Procedure } from "../../local/shelf.js";
import type { MetadataPatch, Operation } from "../../operations.js";
import type { StoredValue } from "../../record.js";

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** The text of a value; nothing where it is none. */
export function textOf({ encoding, bytes }: StoredValue): string | undefined {
  if (encoding !== 0) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decides a commit. */
export function* decideOnResource(request: CommitRequest, terms: Terms): Procedure<Outcome<Decision>> {
  const message = request.operations.map(unsupported).find((reason) => reason !== undefined);
  if (message !== undefined) return { result: { type: "refused", code: "NOT_SUPPORTED", message } };
  const { head } = yield* requireState(terms.id);
  const { replica, counter, isRetry, ranges, operations, bytes } = request;
  const conditions = yield* asNumbered(request.conditions, head.number);
  const decided = yield* decideCommit({ replica, counter, isRetry, conditions, ranges, operations, bytes }, terms);
  const { result, writes } = decided;
  if (result.type !== "committed" || writes?.entries === undefined || (yield* changesItems(writes.entries))) return decided;
  const answer = { number: head.number, after: head.number, time: result.time, changed: false };
  return { result: { type: "committed", ...answer }, writes: { replicas: [[replica, { counter, ...answer }]] } };
}

function unsupported(operation: Operation): string | undefined {
  const { type } = operation;
  if ((type === "put" || type === "touch") && operation.ttl !== null && operation.ttl !== "keep")
    return "Pepr's resource holds no deadlines";
  if ((type === "annotate" || type === "put") && !isEmpty(operation.metadata)) return "Pepr's resource holds no metadata";
  if (type === "put" && textOf(operation.value) === undefined) return "Pepr's resource holds well-formed texts only";
  return undefined;
}

/** Whether a patch leaves no metadata where there was none: so do merges of entries that have none. */
function isEmpty({ tags = [], properties = [], description, addTag, setProperty }: MetadataPatch = {}): boolean {
  return tags.length + properties.length === 0 && (description ?? addTag ?? setProperty ?? undefined) === undefined;
}

/** Conditions by the numbers that items have here: those that name a later commit, of which an item has not been changed since, hold. */
function* asNumbered(conditions: readonly Condition[], last: number): Procedure<readonly Condition[]> {
  const present = yield* readItems(conditions.map(({ key }) => key));
  return conditions.map(({ key, version }) => {
    const entry = present.get(key);
    const number = entry === undefined ? 0 : versionOf(entry);
    return { key, version: number > 0 && number < version && version <= last ? number : version };
  });
}

function* changesItems(entries: ReadonlyMap<string, Uint8Array | undefined>): Procedure<boolean> {
  const present = yield* readItems([...entries.keys()]);
  const shownBy = (entry: StoredEntry | undefined) => entry && textOf(entry.value);
  return [...entries].some(([key, record]) => shownBy(record && decodeEntry(record)) !== shownBy(present.get(key)));
}

function* readItems(keys: readonly string[]): Procedure<Map<string, StoredEntry | undefined>> {
  const records = yield* ask((shelf) => shelf.entries(keys));
  return new Map(keys.map((key, at) => [key, records[at] && decodeEntry(records[at])]));
}
