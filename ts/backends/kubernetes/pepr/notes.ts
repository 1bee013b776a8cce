/**
 * What we note on Pepr's resource, in an annotation that Pepr passes over: the last commit to each capability, and of each replica, so that none is applied
 * twice. **A durable format.**
 *
 * ```json
 * {
 *   "readFormat": 1, "writeFormat": 1,
 *   "generation": 7,
 *   "capabilities": {
 *     "hello": {
 *       "number": 7, "time": "2026-11-28T04:28:32.123Z",
 *       "replicas": { "<replica>": { "counter": 3, "number": 7, "after": 5, "time": "…", "changed": true } }
 *     }
 *   }
 * }
 * ```
 *
 * `generation` is the object's after our last commit. Where the object has a later one, somebody else has changed its data since, and `number` need not be
 * the last change of a capability.
 *
 * @module
 */

import type { ReplicaText } from "../object.js";
import { foreign } from "../texts.js";
import type { PeprObject } from "./object.js";

/** The name of the annotation. */
export const annotation = "holdall.dev/commits";

/** What is noted of a capability. */
export interface CapabilityNotes {
  /** The last commit that is known to have changed it. */
  readonly number: number;
  /** When that was. */
  readonly time: string;
  /** The last commit of each replica. */
  readonly replicas: Readonly<Record<string, ReplicaText>>;
}

/** What is noted on the object. */
export interface Notes {
  /** The format that has to be known to read it. */
  readonly readFormat: number;
  /** The format that has to be known to write it. */
  readonly writeFormat: number;
  /** The object's generation after our last commit; missing before the first note. */
  readonly generation?: number;
  /** What is noted of each capability that we have opened. */
  readonly capabilities: Readonly<Record<string, CapabilityNotes>>;
}

/** What stands for notes where there are none. */
const none: Notes = { readFormat: 1, writeFormat: 1, capabilities: {} };

/**
 * Reads the notes.
 *
 * @throws `CORRUPTED` when they are none.
 */
export function notesOf({ metadata }: PeprObject): Notes {
  const text = metadata.annotations?.[annotation];
  if (text === undefined) return none;
  let notes: Notes;
  try {
    notes = JSON.parse(text) as Notes;
  } catch {
    throw damaged(metadata.name);
  }
  if (!isObject(notes) || ![notes.readFormat, notes.writeFormat, notes.generation].every(Number.isSafeInteger))
    throw damaged(metadata.name);
  if (!isObject(notes.capabilities) || !Object.values(notes.capabilities).every(isCapability)) throw damaged(metadata.name);
  return notes;
}

/** What is noted of one capability. */
export function notesOn({ capabilities }: Notes, capability: string): CapabilityNotes | undefined {
  return Object.hasOwn(capabilities, capability) ? capabilities[capability] : undefined;
}

function isCapability(candidate: CapabilityNotes): boolean {
  return (
    isObject(candidate) && Number.isSafeInteger(candidate.number) && typeof candidate.time === "string" && isObject(candidate.replicas)
  );
}

function isObject(candidate: unknown): boolean {
  return typeof candidate === "object" && candidate !== null && !Array.isArray(candidate);
}

const damaged = (name: string) =>
  foreign(
    `its annotation ${annotation} is damaged. Remove it, in the namespace of the object: kubectl annotate peprstores.pepr.dev ${name} ${annotation}- ` +
      "(without it the data are as good, and who has just written may not learn what came of it)",
  );
