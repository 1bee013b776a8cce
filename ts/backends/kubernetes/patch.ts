/**
 * What a decision writes, as one JSON merge patch: it names only what changes, and its resource version makes the server refuse it when anything else
 * has changed the object meanwhile.
 *
 * Texts are put together by hand, since keys such as `__proto__` cannot be properties of a literal.
 *
 * @module
 */

import { toBase64 } from "../../store/values/base64.js";
import type { Header } from "../backend.js";
import { decodeEntry, type StoredEntry } from "../entries.js";
import type { HeadRecord } from "../local/records.js";
import type { Writes } from "../local/shelf.js";
import type { StoredValue } from "../record.js";
import { metadataPatch, type ObjectPlace } from "./layout.js";
import { mergePatch } from "./merge-patch.js";
import type { EntryText, HeadText, MetadataText, ReplicaText, StoreObject } from "./object.js";
import { changedReplicas, replicaText } from "./replicas.js";
import { timeText, valueText } from "./texts.js";

/** How many replicas' last commits an object has room for; beyond, those that have been silent for longest are forgotten. */
export const maxReplicas = 100;

/** A new object, with nothing in it. */
export function objectText(metadata: ObjectPlace, name: string, header: Header, head: HeadRecord): string {
  const { readFormat, writeFormat, limits } = header;
  const store = { name, readFormat, writeFormat, limits };
  const object = { apiVersion: "holdall.dev/v1", kind: "HoldallStore", metadata, store, head: headText(head) };
  // Nothing to remove yet, and `null` is no value here.
  return JSON.stringify(mergePatch({}, object));
}

/** The patch of a decision. */
export function patchOf({ metadata, replicas = {} }: StoreObject, writes: Writes): string {
  const { header, head, entries, logged, trimmed } = writes;
  const log: [string, string][] = [];
  if (trimmed !== undefined) for (let number = trimmed[0]; number < trimmed[1]; number++) log.push([String(number), "null"]);
  if (logged !== undefined) {
    const { number, time, replica, counter, operations } = logged;
    log.push([String(number), JSON.stringify({ time: timeText(time), replica, counter, operations: toBase64(operations) })]);
  }
  const texts = [...(entries ?? [])].map(
    ([key, record]) => [key, record ? JSON.stringify(entryText(decodeEntry(record))) : "null"] as const,
  );
  return objectOf([
    ["metadata", JSON.stringify(metadataPatch(metadata))],
    ...(header === undefined
      ? []
      : [["store", JSON.stringify({ readFormat: header.readFormat, writeFormat: header.writeFormat })] as const]),
    ...(head === undefined ? [] : [["head", JSON.stringify(headText(head))] as const]),
    ["entries", objectOf(texts)],
    ["log", objectOf(log)],
    ["replicas", objectOf(replicaTexts(writes.replicas ?? [], replicas))],
  ]);
}

/** The same writes without what the log would keep of them: who follows loads anew. */
export function withoutLog(writes: Writes, before: HeadRecord): Writes {
  const { head, logged } = writes;
  if (head === undefined || logged === undefined) return writes;
  const trimmed = [before.logFirst, head.number] as const;
  return { ...writes, head: { ...head, logFirst: head.number + 1, logBytes: 0 }, logged: undefined, trimmed };
}

function headText({ number, time, entries, bytes, earliest, logFirst, logBytes }: HeadRecord): HeadText {
  return { number, time: timeText(time), entries, bytes, earliest: deadlineText(earliest), logFirst, logBytes };
}

/** All of an entry, so that what it had before and has no longer is `null`, which removes it. */
function entryText({ number, createdAt, updatedAt, deadline, value, metadata }: StoredEntry): EntryText {
  return {
    ...valueText(value),
    number,
    createdAt: timeText(createdAt),
    updatedAt: timeText(updatedAt),
    deadline: deadlineText(deadline),
    metadata: metadata === undefined ? null : metadataText(metadata),
  };
}

function metadataText({ number, tags, properties, description }: NonNullable<StoredEntry["metadata"]>): MetadataText {
  return { number, tags, properties: properties.map(([name, value]) => propertyText(name, value)), description };
}

const propertyText = (name: string, value: StoredValue) => ({ name, ...valueText(value) });

const deadlineText = (deadline: number) => (deadline === Number.POSITIVE_INFINITY ? null : timeText(deadline));

/** Those that change, and those that have to go to make room for them. */
function replicaTexts(changes: NonNullable<Writes["replicas"]>, present: Readonly<Record<string, ReplicaText>>): [string, string][] {
  return [...changedReplicas(changes, present, maxReplicas)].map(([id, record]) => [
    id,
    record ? JSON.stringify(replicaText(record)) : "null",
  ]);
}

/** A JSON object of texts that are JSON already. */
function objectOf(members: readonly (readonly [key: string, json: string])[]): string {
  return `{${members.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}
