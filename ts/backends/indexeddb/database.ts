/**
 * How stores lie in an IndexedDB database, and how it is opened. **A durable format**, version 1 of the database: other releases read it.
 *
 * | object store | key | value |
 * | --- | --- | --- |
 * | `headers` | the store's name | header |
 * | `heads` | the store's name | head |
 * | `entries` | `[name, full key]` | record of the entry |
 * | `log` | `[name, number]` | logged commit |
 * | `replicas` | `[name, the replica's id]` | replica |
 *
 * Values are `Uint8Array`s; `../local/records.ts` and `../entries.ts` describe their bytes. Keys are made by hand: there are no key paths and no indexes.
 *
 * @module
 */

import type { DBSchema, IDBPDatabase } from "idb";
import { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import { failureOf } from "./failures.js";

/** The object stores. */
export const objectStores = ["headers", "heads", "entries", "log", "replicas"] as const;

/** What the database holds, for types. */
export interface Schema extends DBSchema {
  /** Headers by the names of stores. */
  readonly headers: { readonly key: string; readonly value: Uint8Array };
  /** Heads by the names of stores. */
  readonly heads: { readonly key: string; readonly value: Uint8Array };
  /** Records of entries. */
  readonly entries: { readonly key: [string, string]; readonly value: Uint8Array };
  /** Commits of logs. */
  readonly log: { readonly key: [string, number]; readonly value: Uint8Array };
  /** What is known of replicas. */
  readonly replicas: { readonly key: [string, string]; readonly value: Uint8Array };
}

/** A database that is open. */
export type Connection = IDBPDatabase<Schema>;

const version = 1;

/** How long tabs that hold an older version of the database open are waited for. */
const patience: Milliseconds = 5_000;

/**
 * Opens a database, and makes it where it is missing.
 *
 * @param onLost - called when it has been closed: for another tab that removes or upgrades it, or by the browser
 */
export async function openDatabase(name: string, onLost: (connection: Connection) => void): Promise<Connection> {
  const { openDB } = await importIdb();
  if (typeof indexedDB === "undefined") throw new HoldallError("NOT_SUPPORTED", "There is no IndexedDB here");
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lose = () => {
    if (connection === undefined) return;
    connection.close();
    onLost(connection);
  };
  try {
    const isBlocked = new Promise<"blocked">((resolve) => {
      timer = setTimeout(resolve, patience, "blocked");
    });
    const opening = openDB<Schema>(name, version, {
      upgrade(database) {
        for (const store of objectStores) database.createObjectStore(store);
      },
      blocking: lose,
      terminated: lose,
    });
    const opened = await Promise.race([opening, isBlocked]);
    if (opened === "blocked") {
      // Should it open after all, nobody waits for it any more.
      void opening.then((late) => late.close()).catch(() => {});
      throw new HoldallError("UNAVAILABLE", "Another tab holds the database open, or the browser does not open it: close other tabs");
    }
    if (!objectStores.every((store) => opened.objectStoreNames.contains(store))) {
      opened.close();
      throw new HoldallError("CORRUPTED", `The database ${JSON.stringify(name)} was not made by Holdall`);
    }
    connection = opened;
    return opened;
  } catch (error) {
    throw failureOf(error);
  } finally {
    clearTimeout(timer);
  }
}

async function importIdb(): Promise<typeof import("idb")> {
  try {
    return await import("idb");
  } catch (cause) {
    throw new HoldallError("CLIENT_MISSING", "The IndexedDB backend needs the package idb: npm install idb", { cause });
  }
}
