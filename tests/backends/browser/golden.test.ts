/**
 * Databases that released versions have written are read for ever: their keys and bytes, as they were, are put into a database and read from there.
 * Where the golden file of a new version is missing, it is written; one that is there never changes.
 */
import { openDB } from "idb";
import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { Replica } from "../../../ts/testing/suites/backend/trial.js";
import { goldenCommits, goldenLimits, goldenTime } from "../golden.js";
import { newDatabase } from "./support.js";

const version = 1;
const path = `tests/golden/indexeddb-${version}.json`;
const request = { name: "golden", scope: "" };

/** What a golden file holds. */
interface Golden {
  /** Keys and bytes of each object store. */
  readonly stores: Record<string, [IDBValidKey, string][]>;
  /** What must be read. */
  readonly contents: unknown;
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Everything in the open. */
function plain(value: unknown): unknown {
  const replace = (_: string, each: unknown) => (each instanceof Uint8Array ? hex(each) : each === Infinity ? "never" : each);
  return JSON.parse(JSON.stringify(value, replace));
}

async function contentsOf(database: string): Promise<unknown> {
  const backend = indexedDb({ database, clock: { now: () => goldenTime + 60_000 } });
  const replica = new Replica(await backend.open({ ...request, replica: "reader" }), "reader");
  const { number } = await replica.store.head();
  const log = replica.follow(0);
  await log.reaches(number);
  const entries = [...(await replica.entries())].sort(([one], [other]) => (one < other ? -1 : 1));
  // What the writer was last answered is still known, by itself.
  const last = { replica: "writer", counter: 5, isRetry: true, conditions: [], ranges: [], operations: [], bytes: new Uint8Array() };
  const content = { header: replica.store.header, number, entries, log: log.commits, answer: await replica.store.commit(last) };
  await backend.close();
  return plain(content);
}

/** Writes a database as this version does. */
async function written(): Promise<Golden> {
  const database = newDatabase();
  let now = goldenTime;
  const backend = indexedDb({ database, clock: { now: () => now } });
  const replica = new Replica(await backend.open({ ...request, replica: "writer", limits: goldenLimits }), "writer");
  for (const operations of goldenCommits) {
    now += 1_000;
    await replica.committed(operations);
  }
  const connection = await openDB(database);
  const stores: Golden["stores"] = {};
  for (const name of connection.objectStoreNames) {
    const [keys, values] = await Promise.all([connection.getAllKeys(name), connection.getAll(name)]);
    stores[name] = keys.map((key, at) => [key, hex(values[at])]);
  }
  connection.close();
  const contents = await contentsOf(database);
  await backend.close();
  return { stores, contents };
}

test("the golden database reads as it was written", async () => {
  const file = await commands.readFile(path).catch(() => undefined);
  if (file === undefined) await commands.writeFile(path, `${JSON.stringify(await written(), undefined, 1)}\n`);
  const golden = JSON.parse(file ?? (await commands.readFile(path))) as Golden;
  const database = newDatabase();
  const connection = await openDB(database, version, {
    upgrade(created) {
      for (const [name, records] of Object.entries(golden.stores)) {
        const store = created.createObjectStore(name);
        for (const [key, value] of records) void store.put(bytesOf(value), key);
      }
    },
  });
  connection.close();
  expect(await contentsOf(database)).toEqual(golden.contents);
});
