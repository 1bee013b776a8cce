/**
 * Which stores have changed, by what is kept of them as wholes: one look in one transaction, however many stores are followed. A read of each log would be as many
 * transactions, and commits wait for those.
 *
 * @module
 */

import type { Connection } from "./database.js";

/** Reads a text for each name that is another when its store has got a commit, was removed, or is another store. */
export async function readMarks(connection: Connection, names: readonly string[]): Promise<Map<string, string>> {
  const transaction = connection.transaction(["headers", "heads"], "readonly");
  // Its requests say why it has failed.
  transaction.done.catch(() => {});
  const [headers, heads] = [transaction.objectStore("headers"), transaction.objectStore("heads")];
  const marks = names.map(async (name) => [name, (await Promise.all([headers.get(name), heads.get(name)])).join("/")] as const);
  return new Map(await Promise.all(marks));
}
