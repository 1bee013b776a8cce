/**
 * The name of the object that a store is kept in. Kubernetes takes few characters, stores are called anything.
 *
 * @module
 */

/** What Kubernetes takes as the name of an object, and short enough for it. */
const plain = /^[a-z0-9](?:[-a-z0-9]{0,198}[a-z0-9])?$/;

/** The names of objects whose stores are called otherwise. */
const hashed = /^x-[0-9a-f]{32}$/;

/** The name of the object for a store: its own where Kubernetes takes it, else `x-` and half of its SHA-256. The object says what the store is called. */
export async function objectName(store: string): Promise<string> {
  if (plain.test(store) && !hashed.test(store)) return store;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(store));
  const digits = Array.from(new Uint8Array(hash).subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0"));
  return `x-${digits.join("")}`;
}
