/** Where IndexedDB is missing, denied or somebody else's, the backend says so by a code. */
import { deleteDB, openDB } from "idb";
import { afterEach, expect, test, vi } from "vitest";
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { put } from "../../../ts/testing/suites/backend/trial.js";
import { newDatabase, openReplica } from "./support.js";

const request = { name: "s", scope: "", replica: "r" };

afterEach(() => {
  vi.unstubAllGlobals();
});

test("without IndexedDB: NOT_SUPPORTED", async () => {
  vi.stubGlobal("indexedDB", undefined);
  await expect(indexedDb({ database: newDatabase() }).open(request)).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
});

test("where the page may not use it: NOT_SUPPORTED", async () => {
  const database = newDatabase();
  vi.spyOn(indexedDB, "open").mockImplementationOnce(() => {
    throw new DOMException("denied", "SecurityError");
  });
  await expect(indexedDb({ database }).open(request)).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
});

test("a database of somebody else: CORRUPTED, and left as it is", async () => {
  const database = newDatabase();
  const theirs = await openDB(database, 1, { upgrade: (db) => void db.createObjectStore("notes").put("mine", 1) });
  theirs.close();
  await expect(indexedDb({ database }).open(request)).rejects.toMatchObject({ code: "CORRUPTED" });
  const again = await openDB(database);
  expect([...again.objectStoreNames]).toEqual(["notes"]);
  expect(await again.get("notes", 1)).toBe("mine");
  again.close();
});

test("a database of a later version: FORMAT_TOO_NEW", async () => {
  const database = newDatabase();
  (await openDB(database, 9)).close();
  await expect(indexedDb({ database }).open(request)).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
});

test("a header that is damaged: CORRUPTED", async () => {
  const database = newDatabase();
  await openReplica(database);
  const connection = await openDB(database);
  await connection.put("headers", new TextEncoder().encode("what is this"), "s");
  connection.close();
  await expect(openReplica(database)).rejects.toMatchObject({ code: "CORRUPTED" });
});

test("a database that is removed while it is open is no longer there, and is loaded anew", async () => {
  const database = newDatabase();
  const replica = await openReplica(database);
  const { id } = replica.store.header;
  await replica.committed([put("a", "1")]);
  const log = replica.follow(0);
  await log.reaches(1);
  await deleteDB(database);
  log.following.nudge();
  await log.until(({ hasGap }) => hasGap, "a gap is told");
  await expect(replica.commit([put("a", "2")])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await replica.texts()).toEqual({});
  expect(replica.store.header.id).not.toBe(id);
  await replica.committed([put("a", "2")]);
});

test("whether the browser has promised to keep the data is told", async () => {
  const replica = await openReplica(newDatabase());
  expect(replica.store.persisted).toBe(await navigator.storage.persisted());
});
