/**
 * Names that nothing else has, for stores and for replicas.
 *
 * `crypto.randomUUID` is not used: pages of origins that are not secure, such as those of plain HTTP in a company's network, do not have it.
 *
 * @module
 */

/** Makes a name that nothing else has. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
