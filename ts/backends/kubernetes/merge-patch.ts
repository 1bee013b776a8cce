/**
 * JSON merge patch (RFC 7386), as the API server applies it.
 *
 * @module
 */

type Json = { [key: string]: unknown };

const isObject = (candidate: unknown): candidate is Json =>
  typeof candidate === "object" && candidate !== null && !Array.isArray(candidate);

/** What a patch makes of a target, which stays as it is. Costs by the size of the objects on the way, not of what lies within. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  // A spread copies own properties, `__proto__` too, and entries come back as own properties.
  const members = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) members.delete(key);
    else members.set(key, mergePatch(members.get(key), value));
  }
  return Object.fromEntries(members);
}
