/**
 * Names that nobody else has.
 *
 * @module
 */

/** The bytes of one name. */
const length = 12;

/** Random bytes for names to come: asking for them costs more than they do. */
const pool = new Uint8Array(length * 64);
let used = pool.length;

/** Random text for names that nobody else has. */
export function randomName(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let name = "";
  for (const end = used + length; used < end; used += 1) name += (pool[used] ?? 0).toString(16).padStart(2, "0");
  return name;
}

/** The id of a new run. Ids sort by the time of their runs. */
export function newId(now: number): string {
  return Math.floor(now).toString(36).padStart(9, "0") + randomName().slice(0, 16);
}
