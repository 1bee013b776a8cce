/**
 * What an object knows of replicas: the last commit of each, so that none is applied twice, as long as there is room.
 *
 * @module
 */

import type { ReplicaRecord } from "../local/records.js";
import type { ReplicaText } from "./object.js";
import { timeText } from "./texts.js";

/** A replica's last commit as it stands in an object. */
export function replicaText(record: ReplicaRecord): ReplicaText {
  return { ...record, time: timeText(record.time) };
}

/** Those that change, and those that have been silent for longest and have to go to make room for them. */
export function changedReplicas(
  changes: Iterable<readonly [id: string, record: ReplicaRecord | undefined]>,
  present: Readonly<Record<string, ReplicaText>>,
  most: number,
): Map<string, ReplicaRecord | undefined> {
  const changed = new Map(changes);
  const others = Object.entries(present).filter(([id]) => !changed.has(id));
  const room = Math.max(0, most - [...changed.values()].filter(Boolean).length);
  const silent = others.sort(([, one], [, other]) => (one.time < other.time ? 1 : -1)).slice(room);
  for (const [id] of silent) changed.set(id, undefined);
  return changed;
}
