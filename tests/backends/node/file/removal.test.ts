/** A store that is removed leaves nothing in the folder, and no process takes another for it. */
import { type Database, open } from "lmdb";
import { expect, test } from "vitest";
import type { Backend } from "../../../../ts/backends/backend.js";
import { file } from "../../../../ts/backends/file/index.js";
import { put, Replica } from "../../../../ts/testing/suites/backend/trial.js";
import { newFolder, openReplica } from "./support.js";

const bytes = { keyEncoding: "binary", encoding: "binary" } as const;
const databases = ["stores", "heads", "entries", "log", "replicas"] as const;

/** Opens the store of a name. */
async function named(backend: Backend, name: string): Promise<Replica> {
  return new Replica(await backend.open({ name, scope: "", replica: "r" }), "r");
}

/** How many records each database of a folder has, and the slots that are taken. */
async function recordsIn(path: string): Promise<{ counts: Record<string, number>; slots: number[] }> {
  const root = open<Uint8Array, Uint8Array>({ ...bytes, path, noSubdir: false, maxDbs: 8 });
  const database = (name: string): Database<Uint8Array, Uint8Array> => root.openDB(name, bytes);
  const counts = Object.fromEntries(databases.map((name) => [name, database(name).getKeysCount()]));
  const slots = Array.from(database("heads").getKeys(), (key) => new DataView(key.buffer, key.byteOffset).getUint32(0));
  await root.close();
  return { counts, slots };
}

test("all records go, however many, and those of other stores stay", async () => {
  const path = newFolder();
  const backend = file({ path });
  const [stays, goes] = [await named(backend, "a"), await named(backend, "b")];
  await stays.committed([put("a", "1")]);
  for (let at = 0; at < 3; at++) await goes.committed(Array.from({ length: 1_100 }, (_, index) => put(`${at}:${index}`, "1")));
  expect(await backend.remove({ name: "b" })).toBe(true);
  await goes.store.close();
  expect(await recordsIn(path)).toEqual({ counts: { stores: 1, heads: 2, entries: 1, log: 1, replicas: 1 }, slots: [1, 2] });
  expect(await stays.texts()).toEqual({ a: "1" });
  await backend.close();
});

test("a slot is taken once only, and thousands of stores leave one head behind", async () => {
  const path = newFolder();
  const backend = file({ path });
  for (let at = 0; at < 1_000; at += 50) {
    const names = Array.from({ length: 50 }, (_, index) => `run:${at + index}`);
    const replicas = await Promise.all(names.map((name) => named(backend, name)));
    await Promise.all(replicas.map((replica) => replica.committed([put("a", "1")])));
    await Promise.all(replicas.map(({ store }) => store.close()));
    await Promise.all(names.map((name) => backend.remove({ name })));
  }
  expect(await recordsIn(path)).toEqual({ counts: { stores: 0, heads: 1, entries: 0, log: 0, replicas: 0 }, slots: [1_000] });
  await (await named(backend, "next")).store.close();
  expect((await recordsIn(path)).slots).toEqual([1_001]);
  await backend.close();
});

test("who follows a store hears of another in its place, though both have as many commits", async () => {
  const path = newFolder();
  const [mine, theirs] = [file({ path }), file({ path })];
  const one = await openReplica(mine);
  const { number } = await one.committed([put("a", "1")]);
  const log = one.follow(number);
  await log.reaches(number);
  const name = "s";
  await theirs.remove({ name });
  const other = await openReplica(theirs);
  expect((await other.committed([put("a", "2")])).number).toBe(number);
  await log.until(({ hasGap }) => hasGap, "a gap is told");
  expect(log.commits).toEqual([]);
  for (const backend of [mine, theirs]) await backend.close();
});
