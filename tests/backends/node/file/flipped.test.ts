/**
 * Bytes of the file were changed by a disk, or by somebody. LMDB ends the process at a page that makes no sense to it: 64 bytes turned round in one page
 * at a time of a small store ended it at five of fourteen pages. So a file is walked through before LMDB opens it.
 *
 * `HOLDALL_FLIPS` sets how many places are damaged beside the head of each page (default 20).
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { put, remove } from "../../../../ts/testing/suites/backend/trial.js";
import { seeded } from "../../../seeded.js";
import { ended, newFolder, openReplica, program } from "./support.js";

const flips = Number(process.env.HOLDALL_FLIPS ?? 20);
const pageSize = 4_096;

/** A file with every kind of page: branches, leaves, long values, and lists of pages that are free again. */
async function filled(): Promise<string> {
  const path = newFolder();
  const backend = file({ path, log: { commits: 5, bytes: 2 ** 20 } });
  const replica = await openReplica(backend, "writer");
  for (let at = 0; at < 12; at++) {
    await replica.committed(Array.from({ length: 40 }, (_, index) => put(`${index}:${at % 3}`, `${at}`.repeat(30))));
    await replica.committed([put(`long:${at}`, "x".repeat(9_000)), remove(`long:${at - 2}`)]);
  }
  await backend.close();
  return join(path, "data.mdb");
}

/** What comes of opening each of some folders, in processes that may die of it. */
async function outcomes(folders: readonly string[]): Promise<string[]> {
  const start = await program("opener");
  const found: string[] = [];
  while (found.length < folders.length) {
    const child = start(...folders.slice(found.length));
    let output = "";
    child.stdout?.on("data", (data: Buffer) => (output += data));
    const code = await ended(child);
    found.push(...output.split("\n").slice(0, -1));
    if (code !== 0) found.push("DIED");
  }
  return found;
}

test(
  "a page that was damaged refuses the store with CORRUPTED, or is one that nothing is in any more; it never ends the process, nor reads as something else",
  async () => {
    const original = await filled();
    const bytes = readFileSync(original);
    const pages = Array.from({ length: bytes.length / pageSize }, (_, page) => page * pageSize);
    const random = seeded(6);
    const places = [...pages, ...Array.from({ length: flips }, () => Math.floor(random() * (bytes.length - 64)))];
    const folders = places.map((place) => {
      const folder = newFolder();
      const copy = join(folder, "data.mdb");
      copyFileSync(original, copy);
      const damaged = Buffer.from(bytes);
      for (let at = place; at < place + 64; at++) damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      writeFileSync(copy, damaged);
      return folder;
    });
    const [whole = "", ...found] = await outcomes([dirname(original), ...folders]);
    expect(whole).toMatch(/^[0-9a-f]{64}$/);
    expect(found.filter((each) => each !== "CORRUPTED" && each !== whole)).toEqual([]);
    expect(found.filter((each) => each === "CORRUPTED").length).toBeGreaterThan(10);
  },
  60_000 + flips * 1_000,
);
