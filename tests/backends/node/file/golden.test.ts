/**
 * Folders that released versions have written are read for ever. `HOLDALL_GOLDEN=write` writes the one of a new layout; one that is there never changes.
 *
 * Read by a copy, since opening a store notes the replica.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { open as openLmdb } from "lmdb";
import { expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { put, Replica } from "../../../../ts/testing/suites/backend/trial.js";
import { goldenCommits, goldenLimits, goldenTime } from "../../golden.js";
import { newFolder } from "./support.js";

const latest = 2;
const goldenOf = (layout: number) => join(import.meta.dirname, `../../../golden/file-${layout}`);
const golden = goldenOf(latest);
const request = { name: "golden", scope: "" };

/** Every byte of what is kept, in the open. */
async function contentsOf(path: string): Promise<string> {
  const backend = file({ path, clock: { now: () => goldenTime + 60_000 } });
  const replica = new Replica(await backend.open({ ...request, replica: "reader" }), "reader");
  const { number } = await replica.store.head();
  const log = replica.follow(0);
  await log.reaches(number);
  const entries = [...(await replica.entries())].sort(([one], [other]) => (one < other ? -1 : 1));
  // What the writer was last answered is still known, by itself.
  const answer = await replica.store.commit({
    replica: "writer",
    counter: 5,
    isRetry: true,
    conditions: [],
    ranges: [],
    operations: [],
    bytes: new Uint8Array(),
  });
  const content = { header: { ...replica.store.header, id: "" }, number, entries, log: log.commits, answer };
  await backend.close();
  const open = (_: string, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value === Infinity ? "never" : value;
  // A Buffer would turn itself into something else before it is asked.
  return `${JSON.stringify(structuredClone(content), open, 2)}\n`;
}

test.runIf(process.env.HOLDALL_GOLDEN === "write" && !existsSync(golden))("writes the golden folder", async () => {
  const path = newFolder();
  let now = goldenTime;
  const backend = file({ path, clock: { now: () => now } });
  const replica = new Replica(await backend.open({ ...request, replica: "writer", limits: goldenLimits }), "writer");
  for (const operations of goldenCommits) {
    now += 1_000;
    await replica.committed(operations);
  }
  // Not closed before it is copied: a replica that closes is forgotten.
  mkdirSync(golden);
  writeFileSync(join(golden, "data.mdb.gz"), gzipSync(readFileSync(join(path, "data.mdb"))));
  await backend.close();
  const copy = newFolder();
  writeFileSync(join(copy, "data.mdb"), gunzipSync(readFileSync(join(golden, "data.mdb.gz"))));
  writeFileSync(join(golden, "contents.json"), await contentsOf(copy));
});

/** A copy of the golden folder of a layout. */
function copyOf(layout: number): string {
  const path = newFolder();
  writeFileSync(join(path, "data.mdb"), gunzipSync(readFileSync(join(goldenOf(layout), "data.mdb.gz"))));
  return path;
}

test.each([1, 2])("the golden folder of layout %i reads as it was written", async (layout) => {
  expect(await contentsOf(copyOf(layout))).toBe(readFileSync(join(goldenOf(layout), "contents.json"), "utf8"));
});

test.each([1, 2])("a folder of layout %i is written to, and keeps its layout", async (layout) => {
  const path = copyOf(layout);
  for (const at of ["first", "second"]) {
    const backend = file({ path });
    const replica = new Replica(await backend.open({ ...request, replica: at }), at);
    const before = (await replica.entries()).size;
    expect(await replica.commit([put("written", at)])).toMatchObject({ type: "committed" });
    expect((await replica.texts()).written).toBe(at);
    expect((await replica.entries()).size).toBe(at === "first" ? before + 1 : before);
    await backend.close();
  }
  const root = openLmdb({ path, keyEncoding: "binary", encoding: "binary", noSubdir: false, maxDbs: 8 });
  expect(root.getBinary(Buffer.from("holdall"))?.readUInt32LE(4)).toBe(layout);
  await root.close();
});
