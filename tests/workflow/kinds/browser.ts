/**
 * The kinds of stores that a browser has.
 *
 * @module
 */
import { deleteDB } from "idb";
import { afterEach } from "vitest";
import type { Backend } from "../../../ts/backends/backend.js";
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { memory } from "../../../ts/backends/memory/index.js";
import { backed, plain, type StoreKind } from "./kind.js";

const places: { readonly database: string; readonly backend: Backend }[] = [];

afterEach(async () => {
  for (const { database, backend } of places.splice(0)) {
    await backend.close();
    await deleteDB(database);
  }
});

/** The kinds of stores here. */
export const storeKinds: readonly StoreKind[] = [
  plain,
  backed("a store in memory", (clock) => memory({ clock })),
  backed("a store in IndexedDB", (clock) => {
    const database = `runs-${Math.random()}`;
    const backend = indexedDb({ database, clock });
    places.push({ database, backend });
    return backend;
  }),
];
