/**
 * Names that nobody else has.
 *
 * @module
 */

/** Random text for names that nobody else has. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The id of a new run. Ids sort by the time of their runs. */
export function newId(now: number): string {
  return Math.floor(now).toString(36).padStart(9, "0") + randomName().slice(0, 16);
}
