/**
 * The object that a store is: what Kubernetes keeps, and `kubectl get holdallstore orders -o yaml` shows. **A durable format.**
 *
 * ```yaml
 * apiVersion: holdall.dev/v1
 * kind: HoldallStore
 * metadata: { name: orders, uid: …, resourceVersion: … }   # the uid names the store: an object that is made anew is another store
 * store: { name: orders, readFormat: 1, writeFormat: 1, limits: { maxEntries: 100 } }
 * head:
 *   number: 17                        # of the last commit
 *   time: "2026-11-28T04:28:32.123Z"  # when it was applied; never goes back
 *   entries: 1                        # how many there are, those that have expired and are not removed yet included
 *   bytes: 20                         # what they count against the limits
 *   earliest: …                       # nothing expires before; not there: nothing does
 *   logFirst: 13                      # the log has every commit from this one on
 *   logBytes: 96                      # operations in the log
 * entries:
 *   "user:1":
 *     kind: object
 *     value: '{"name":"Ada"}'
 *     number: 17                      # of the commit that wrote the value or its deadline
 *     createdAt: …
 *     updatedAt: …
 *     deadline: …                     # not there: never
 *     metadata: { number: 16, tags: [admin], properties: [{ name: team, kind: string, value: core }], description: … }
 * log:
 *   "17": { time: …, replica: …, counter: 5, operations: <base64 of `operations.ts`> }
 * replicas:
 *   <replica>: { counter: 5, number: 17, after: 16, time: …, changed: true }   # its last commit, as it was answered
 * ```
 *
 * Parts are read when they are asked for, and checked then: what this module's own writing could not have made is `CORRUPTED`.
 *
 * @module
 */

import type { Timestamp } from "../../store/types/index.js";
import { fromBase64 } from "../../store/values/base64.js";
import type { LoggedCommit, StoreLimits } from "../backend.js";
import type { StoredEntry, StoredMetadata } from "../entries.js";
import type { ReplicaRecord } from "../local/records.js";
import type { StoreState } from "../local/shelf.js";
import type { KubernetesObject } from "./layout.js";
import { foreign, storedValueOf, timeOf, type ValueText } from "./texts.js";

/** The object as its JSON has it. Only what has been checked is of these types. */
export interface StoreObject extends KubernetesObject {
  readonly store?: { readonly name: string; readonly readFormat: number; readonly writeFormat: number; readonly limits?: StoreLimits };
  readonly head?: HeadText;
  readonly entries?: Readonly<Record<string, EntryText>>;
  readonly log?: Readonly<Record<string, LogText>>;
  readonly replicas?: Readonly<Record<string, ReplicaText>>;
}

/** The head as it stands in the object. */
export interface HeadText {
  readonly number: number;
  readonly time: string;
  readonly entries: number;
  readonly bytes: number;
  readonly earliest?: string | null;
  readonly logFirst: number;
  readonly logBytes: number;
}

/** An entry as it stands in the object. */
export interface EntryText extends ValueText {
  readonly number: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly deadline?: string | null;
  readonly metadata?: MetadataText | null;
}

/** The metadata of an entry as it stands in the object. */
export interface MetadataText {
  readonly number: number;
  readonly tags: readonly string[];
  readonly properties: readonly ({ readonly name: string } & ValueText)[];
  readonly description?: string | null;
}

/** A commit as it stands in the object. */
export interface LogText {
  readonly time: string;
  readonly replica: string;
  readonly counter: number;
  readonly operations: string;
}

/** The last commit of a replica as it stands in the object. */
export interface ReplicaText {
  readonly counter: number;
  readonly number: number;
  readonly after: number;
  readonly time: string;
  readonly changed: boolean;
}

/** What the object says of the store as a whole. */
export function stateOf({ metadata, store, head }: StoreObject): StoreState {
  if (!isObject(store) || ![store.readFormat, store.writeFormat].every(isCount)) throw foreign("it does not say which store it is");
  if (!isObject(head) || ![head.number, head.entries, head.bytes, head.logFirst, head.logBytes].every(isCount)) {
    throw foreign("its head is damaged");
  }
  const { readFormat, writeFormat, limits = {} } = store;
  return {
    header: { id: metadata.uid, readFormat, writeFormat, limits },
    head: { ...head, time: timeOf(head.time), earliest: deadlineOf(head.earliest) },
  };
}

/** What the object says of a replica. */
export function replicaOf(text: ReplicaText): ReplicaRecord {
  if (!isObject(text) || ![text.counter, text.number, text.after].every(isCount) || typeof text.changed !== "boolean") {
    throw foreign("what it knows of a replica is damaged");
  }
  const { counter, number, after, time, changed } = text;
  return { counter, number, after, time: timeOf(time), changed };
}

/** Reads an entry. */
export function entryOf(text: EntryText): StoredEntry {
  if (!isObject(text) || typeof text.kind !== "string" || typeof text.value !== "string" || !isCount(text.number))
    throw foreign("an entry is none");
  const entry = {
    number: text.number,
    createdAt: timeOf(text.createdAt),
    updatedAt: timeOf(text.updatedAt),
    deadline: deadlineOf(text.deadline),
    value: storedValueOf(text),
  };
  return text.metadata === undefined || text.metadata === null ? entry : { ...entry, metadata: metadataOf(text.metadata) };
}

function metadataOf({ number, tags, properties, description }: MetadataText): StoredMetadata {
  const areTags = Array.isArray(tags) && tags.every((tag) => typeof tag === "string");
  const areProperties =
    Array.isArray(properties) && properties.every((property) => isObject(property) && typeof property.name === "string");
  if (!isCount(number) || !areTags || !areProperties) throw foreign("the metadata of an entry is damaged");
  return {
    number,
    tags,
    properties: properties.map((property) => [property.name, storedValueOf(property)] as const),
    description: description ?? null,
  };
}

/** The commit of the log that has a number. */
export function loggedOf(number: number, text: LogText | undefined): LoggedCommit {
  if (!isObject(text) || typeof text.operations !== "string" || typeof text.replica !== "string" || !isCount(text.counter)) {
    throw foreign("its log has a gap");
  }
  try {
    const { replica, counter, operations } = text;
    return { number, time: timeOf(text.time), replica, counter, operations: fromBase64(operations) };
  } catch {
    throw foreign("its log is damaged");
  }
}

function deadlineOf(text: string | null | undefined): Timestamp {
  return text === undefined || text === null ? Number.POSITIVE_INFINITY : timeOf(text);
}

/** Whether something is a number that counts commits. */
function isCount(number: unknown): number is number {
  return Number.isSafeInteger(number) && (number as number) >= 0;
}

function isObject<T>(candidate: T | null | undefined): candidate is T & object {
  return typeof candidate === "object" && candidate !== null && !Array.isArray(candidate);
}
