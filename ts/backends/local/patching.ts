/**
 * What a patch makes of the metadata of an entry: the same as the engine's, on all backends that decide here.
 *
 * @module
 */

import type { StoredMetadata } from "../entries.js";
import type { MetadataPatch } from "../operations.js";
import type { StoredValue } from "../record.js";
import { compareTexts } from "./texts.js";

type Property = readonly [name: string, value: StoredValue];

const none: Omit<StoredMetadata, "number"> = { tags: [], properties: [], description: null };

/** What a patch, in the commit `number`, makes of metadata: the very same where it changes nothing. A cell that becomes empty stays. */
export function patched(patch: MetadataPatch | undefined, present: StoredMetadata | undefined, number: number): StoredMetadata | undefined {
  if (patch === undefined) return present;
  const before = present ?? none;
  const tags = patchedTags(patch, before.tags);
  const properties = patchedProperties(patch, before.properties);
  const description = patch.description === undefined ? before.description : patch.description;
  const isSame =
    tags.length === before.tags.length &&
    tags.every((tag, at) => tag === before.tags[at]) &&
    isSameProperties(properties, before.properties) &&
    description === before.description;
  return isSame ? present : { number, tags, properties, description };
}

function patchedTags({ tags, addTag, removeTag }: MetadataPatch, before: readonly string[]): readonly string[] {
  const next = new Set(tags ?? before);
  if (addTag !== undefined) next.add(addTag);
  if (removeTag !== undefined) next.delete(removeTag);
  return [...next].sort(compareTexts);
}

function patchedProperties({ properties, setProperty, removeProperty }: MetadataPatch, before: readonly Property[]): readonly Property[] {
  if (properties === undefined && setProperty === undefined && removeProperty === undefined) return before;
  const next = new Map(properties ?? before);
  if (setProperty !== undefined) next.set(...setProperty);
  if (removeProperty !== undefined) next.delete(removeProperty);
  return [...next];
}

/** Properties are the same in any order; a change of their order alone is none. */
function isSameProperties(one: readonly Property[], other: readonly Property[]): boolean {
  if (one === other) return true;
  const values = new Map(other);
  return one.length === other.length && one.every(([name, value]) => isSameValue(value, values.get(name)));
}

function isSameValue(one: StoredValue, other: StoredValue | undefined): boolean {
  if (other === undefined || one.encoding !== other.encoding || one.bytes.length !== other.bytes.length) return false;
  return one.bytes.every((byte, at) => byte === other.bytes[at]);
}
