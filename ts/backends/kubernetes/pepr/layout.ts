/**
 * Pepr's layout: a store is one capability's part of the resource that Pepr keeps for a module.
 *
 * Each patch names only what changes of the data, moves the capability's items from where Pepr kept them formerly, and puts the label back that Pepr's own
 * patches need.
 *
 * @module
 */

import type { Timestamp } from "../../../store/types/index.js";
import { decodeEntry } from "../../entries.js";
import type { Writes } from "../../local/shelf.js";
import type { Layout } from "../layout.js";
import { changedReplicas, replicaText } from "../replicas.js";
import { timeText } from "../texts.js";
import { decideOnResource, textOf } from "./deciding.js";
import type { CapabilityKeys } from "./keys.js";
import { annotation, type CapabilityNotes, type Notes } from "./notes.js";
import { cacheLabel, newResource, type PeprObject, peprKind } from "./object.js";
import { CapabilityShelf } from "./shelf.js";
import { type CapabilityState, Timeline } from "./timeline.js";

/** How many replicas' last commits are noted for a capability: annotations have 256 KiB together. */
const maxReplicas = 30;

/** The layout of a capability, as one replica follows it. */
export class PeprLayout implements Layout<PeprObject> {
  readonly kind = peprKind;
  /** As Pepr does, by the same name, so that neither is in conflict with the other. */
  readonly appliesAs = "pepr";
  readonly decide = decideOnResource;
  readonly #timeline: Timeline;
  readonly #now: () => Timestamp;
  readonly #states = new WeakMap<PeprObject, CapabilityState>();

  /** @param now - gives the server's time */
  constructor(capability: string, keys: CapabilityKeys, now: () => Timestamp) {
    this.#timeline = new Timeline(capability, keys, now);
    this.#now = now;
  }

  shelfOf(object: PeprObject): CapabilityShelf {
    const state = this.#timeline.take(object);
    this.#states.set(object, state);
    return new CapabilityShelf(this.#timeline.capability, state);
  }

  misses(known: PeprObject, object: PeprObject): boolean {
    const [before, after] = [known.metadata, object.metadata];
    return before.uid === after.uid && (after.generation ?? 0) - (before.generation ?? 0) > 1;
  }

  create(place: { readonly namespace: string; readonly name: string }): string {
    return newResource(place, String(this.#now()));
  }

  *patches(object: PeprObject, writes: Writes): Iterable<string> {
    // Every state that is decided on was taken in.
    const state = this.#states.get(object) as CapabilityState;
    const data = this.#dataPatch(state, writes.entries ?? new Map());
    const { resourceVersion, labels = {} } = object.metadata;
    const metadata = {
      resourceVersion,
      // Only where it is missing. To change it would make it ours by Kubernetes' notes, as emptying those notes would make it nobody's, and Pepr, which has found no
      // resource and makes one just now, would be refused and never look again.
      ...(labels[cacheLabel] === undefined && { labels: { [cacheLabel]: String(this.#now()) } }),
      annotations: { [annotation]: JSON.stringify(this.#notes(state, writes, data.size > 0)) },
    };
    yield JSON.stringify({ metadata, data: Object.fromEntries(data) });
  }

  /** What changes of the data; `null` removes. */
  #dataPatch({ object, items }: CapabilityState, entries: NonNullable<Writes["entries"]>): Map<string, string | null> {
    const { data = {} } = object;
    const { keys } = this.#timeline;
    const patch = new Map<string, string | null>();
    for (const place of Object.keys(data)) {
      const key = keys.formerKeyAt(place);
      if (key === undefined) continue;
      patch.set(place, null);
      const value = items.get(key)?.value;
      if (value !== undefined && !Object.hasOwn(data, keys.placeOf(key))) patch.set(keys.placeOf(key), value);
    }
    for (const [key, record] of entries) {
      const place = keys.placeOf(key);
      const value = record && textOf(decodeEntry(record).value);
      const present = Object.hasOwn(data, place) ? data[place] : undefined;
      if (value === present) patch.delete(place);
      else patch.set(place, value ?? null);
    }
    return patch;
  }

  #notes({ notes, note, generation, number, time }: CapabilityState, writes: Writes, changesData: boolean): Notes {
    const { header, head } = writes;
    const { readFormat, writeFormat } = header ?? notes;
    const replicas = new Map(Object.entries(note?.replicas ?? {}));
    for (const [id, record] of changedReplicas(writes.replicas ?? [], note?.replicas ?? {}, maxReplicas)) {
      if (record === undefined) replicas.delete(id);
      else replicas.set(id, replicaText(record));
    }
    const mine: CapabilityNotes = {
      number: head?.number ?? number,
      time: timeText(head?.time ?? time),
      replicas: Object.fromEntries(replicas),
    };
    // What a stranger has changed since our last commit may have been any capability's: from now on nobody could tell.
    const hasStranger = notes.generation !== undefined && notes.generation !== generation;
    const others = Object.entries(notes.capabilities).map(([name, other]): [string, CapabilityNotes] => [
      name,
      changesData && hasStranger ? { ...other, number: generation } : other,
    ]);
    return {
      readFormat,
      writeFormat,
      generation: changesData ? generation + 1 : (notes.generation ?? generation),
      capabilities: Object.fromEntries([...others, [this.#timeline.capability, mine]]),
    };
  }
}
