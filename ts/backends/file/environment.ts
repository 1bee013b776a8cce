/**
 * Opens the LMDB environment in a folder: makes it where there is none, and refuses what is not Holdall's before anything is written.
 *
 * @module
 */

import type { RootDatabase } from "lmdb";
import { HoldallError } from "../../errors.js";
import { requireLength, requireLmdb } from "./damage.js";
import { failureOf } from "./failures.js";
import { databaseNames, encodeMark, layoutOf, markKey, unchecked } from "./layout.js";
import { CheckedRecords, type Records } from "./records.js";

/** An environment that is open. */
export type Environment = Readonly<Record<(typeof databaseNames)[number], Records>> & {
  /** What transactions are begun on. */
  readonly root: RootDatabase<Uint8Array, Uint8Array>;
};

const bytes = { keyEncoding: "binary", encoding: "binary" } as const;

/** Opens the environment in a folder. */
export async function openEnvironment(path: string): Promise<Environment> {
  const { open } = await importLmdb();
  try {
    await requireLmdb(`${path}/data.mdb`);
    const root: Environment["root"] = open({
      ...bytes,
      path,
      noSubdir: false,
      maxDbs: databaseNames.length,
      // A commit is answered when it is on the disk, and an error of flushing has to be an error of the commit: so it is part of it.
      overlappingSync: false,
      // Commits are gathered in `medium.ts`; lmdb's own way of it leaves a rejection behind that nobody can handle.
      eventTurnBatching: false,
    });
    try {
      return prepare(root, path);
    } catch (error) {
      await root.close();
      throw error;
    }
  } catch (error) {
    throw failureOf(error, path);
  }
}

function prepare(root: Environment["root"], path: string): Environment {
  requireLength(`${path}/data.mdb`, root.getStats() as { readonly lastPageNumber: number; readonly pageSize: number });
  // Within one transaction, or two processes that make it at once would each find what the other has begun.
  const layout = root.transactionSync(() => {
    const mark = root.getBinary(markKey);
    if (mark) return layoutOf(mark);
    if (root.getKeysCount({ limit: 1 }) > 0)
      throw new HoldallError("CORRUPTED", "The folder holds LMDB data that was not written by Holdall");
    const made = encodeMark();
    root.putSync(markKey, made);
    return layoutOf(made);
  });
  const database = (name: (typeof databaseNames)[number]) => {
    const records = root.openDB<Uint8Array, Uint8Array>(name, bytes);
    return layout === unchecked ? records : new CheckedRecords(records, name);
  };
  return {
    root,
    stores: database("stores"),
    heads: database("heads"),
    entries: database("entries"),
    log: database("log"),
    replicas: database("replicas"),
  };
}

async function importLmdb(): Promise<typeof import("lmdb")> {
  try {
    return await import("lmdb");
  } catch (cause) {
    throw new HoldallError("CLIENT_MISSING", "The file backend needs Node and the package lmdb: npm install lmdb", { cause });
  }
}
