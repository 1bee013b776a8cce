/** What is not Holdall's, or was damaged, is refused by name and left as it is. */
import { createHash } from "node:crypto";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { openStore, removeStore } from "../../../../ts/index.js";
import { put } from "../../../../ts/testing/suites/backend/trial.js";
import { newFolder, openReplica } from "./support.js";

const request = { name: "s", scope: "", replica: "r" };
const bytes = { keyEncoding: "binary", encoding: "binary", noSubdir: false, maxDbs: 8 } as const;
const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** A folder with a store in it. */
async function filled(): Promise<string> {
  const path = newFolder();
  const backend = file({ path });
  const replica = await openReplica(backend);
  for (let at = 0; at < 20; at++) {
    await replica.committed(Array.from({ length: 200 }, (_, index) => put(`${at}:${index}`, "x".repeat(100))));
  }
  await backend.close();
  return path;
}

/** Opens what is in a folder, which has to be refused and left as it is. */
async function refuses(path: string, code: string): Promise<void> {
  const data = join(path, "data.mdb");
  const before = hashOf(data);
  const backend = file({ path });
  await expect(backend.open(request)).rejects.toMatchObject({ code });
  await backend.close();
  expect(hashOf(data)).toBe(before);
}

describe("the file backend", () => {
  test("refuses a file that is no LMDB data", async () => {
    const path = newFolder();
    writeFileSync(join(path, "data.mdb"), "these are my notes, please keep them\n".repeat(2_000));
    await refuses(path, "CORRUPTED");
  });

  test("refuses a file that is damaged in its first pages, or too short for them", async () => {
    for (const damage of [
      (data: Buffer) => data.fill(7, 0, 100),
      (data: Buffer) => data.fill(7, 4_096, 4_300),
      (data: Buffer) => data.subarray(0, 5_000),
    ]) {
      const path = await filled();
      const data = join(path, "data.mdb");
      writeFileSync(data, damage(readFileSync(data)));
      await refuses(path, "CORRUPTED");
    }
  });

  test("refuses LMDB data of somebody else", async () => {
    const path = newFolder();
    const theirs = open({ path, noSubdir: false });
    await theirs.put("mine", 1);
    await theirs.close();
    await refuses(path, "CORRUPTED");
  });

  test("refuses a file that was cut short", async () => {
    const path = await filled();
    const data = join(path, "data.mdb");
    truncateSync(data, Math.floor(statSync(data).size / 2));
    await refuses(path, "CORRUPTED");
  });

  test("refuses a folder that a later version has written", async () => {
    const path = await filled();
    const root = open({ path, ...bytes });
    const mark = new DataView(new ArrayBuffer(8));
    mark.setUint32(0, 0x4c444c48, true);
    mark.setUint32(4, 3, true);
    await root.put(Buffer.from("holdall"), Buffer.from(mark.buffer));
    await root.close();
    await refuses(path, "FORMAT_TOO_NEW");
  });

  test("refuses a folder whose mark was changed, in whichever byte", async () => {
    const path = await filled();
    const markKey = Buffer.from("holdall");
    const root = open({ path, ...bytes });
    const mark = root.getBinary(markKey) as Buffer;
    for (let at = 0; at < mark.length; at++) {
      // By its layout alone it would be of a folder without checksums, or of a later one.
      for (const byte of [(mark[at] ?? 0) ^ 3, (mark[at] ?? 0) ^ 0x80]) {
        await root.put(markKey, Buffer.from(mark.map((each, index) => (index === at ? byte : each))));
        const backend = file({ path });
        const code = at >= 4 && at < 8 ? expect.stringMatching(/^(CORRUPTED|FORMAT_TOO_NEW)$/) : "CORRUPTED";
        await expect(backend.open(request), `byte ${at}`).rejects.toMatchObject({ code });
        await backend.close();
      }
    }
    await root.close();
  });

  test.each([
    ["a store", "stores"],
    ["a head", "heads"],
  ])("refuses %s whose record is damaged", async (_, name) => {
    const path = await filled();
    const root = open({ path, ...bytes });
    const database = root.openDB({ name, ...bytes });
    const [key] = [...database.getKeys()];
    await database.put(key as Buffer, Buffer.from("what"));
    await root.close();
    const backend = file({ path });
    await expect(backend.open(request)).rejects.toMatchObject({ code: "CORRUPTED" });
    await backend.close();
  });

  test.each([
    ["a byte of a value", (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)))],
    ["the end of a value", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["all of a value", () => Buffer.alloc(0)],
  ])("says of an entry of which %s was changed that it is damaged, and leaves it as it is", async (_, damage) => {
    const path = await filled();
    const root = open({ path, ...bytes });
    const entries = root.openDB({ name: "entries", ...bytes });
    const key = [...entries.getKeys()].find((each) => (each as Buffer).subarray(4).toString() === "7:7") as Buffer;
    const damaged = damage(entries.getBinary(key) as Buffer);
    await entries.put(key, damaged);
    await root.close();
    const backend = file({ path });
    const replica = await openReplica(backend);
    const refusal = { code: "CORRUPTED", message: expect.stringMatching(/a record of entries, at ".*u00017:7"/) };
    await expect(replica.entries()).rejects.toMatchObject(refusal);
    // Nor is it written over, while all others are.
    expect(await replica.commit([put("7:8", "1")])).toMatchObject({ type: "committed" });
    expect(await replica.commit([put("7:7", "1")])).toMatchObject({ type: "refused", code: "CORRUPTED" });
    await expect(openStore({ backend, name: "s" })).rejects.toMatchObject(refusal);
    await backend.close();
    const again = open({ path, ...bytes });
    expect(again.openDB({ name: "entries", ...bytes }).getBinary(key)).toEqual(damaged);
    await again.close();
    const last = file({ path });
    expect(await removeStore({ backend: last, name: "s" })).toBe(true);
    expect(await (await openReplica(last)).texts()).toEqual({});
    await last.close();
  });

  test("says so of records that stand under each other's keys", async () => {
    const path = await filled();
    const root = open({ path, ...bytes });
    const entries = root.openDB({ name: "entries", ...bytes });
    const [one, other] = [...entries.getKeys({ limit: 2 })] as [Buffer, Buffer];
    const [first, second] = [entries.getBinary(one) as Buffer, entries.getBinary(other) as Buffer];
    await entries.put(one, second);
    await entries.put(other, first);
    await root.close();
    const backend = file({ path });
    await expect((await openReplica(backend)).entries()).rejects.toMatchObject({ code: "CORRUPTED" });
    await backend.close();
  });

  test("tells who follows a store that its log, or its head, is damaged", async () => {
    // It looks for news when this test says, or it might see the commit before there is damage.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    for (const name of ["log", "heads"]) {
      const path = await filled();
      const backend = file({ path });
      const replica = await openReplica(backend);
      const { number } = await replica.store.head();
      const failed = new Promise<unknown>((resolve) => {
        replica.store.follow(number, { commits: () => undefined, gap: () => undefined, failed: resolve });
      });
      const writer = file({ path });
      await (await openReplica(writer)).committed([put("a", "1")]);
      await writer.close();
      const root = open({ path, ...bytes });
      const database = root.openDB({ name, ...bytes });
      for (const key of [...database.getKeys({ reverse: true, limit: 1 })])
        await database.put(key, Buffer.from("what was never written so"));
      await root.close();
      vi.advanceTimersToNextTimer();
      expect(await failed, name).toMatchObject({ code: "CORRUPTED" });
      await backend.close();
    }
  });

  test("says of a path that is a file, or cannot be made, that it is unavailable, and which", async () => {
    const path = join(newFolder(), "notes");
    writeFileSync(path, "mine");
    for (const each of [path, join(path, "below")]) {
      const backend = file({ path: each });
      const message = expect.stringContaining(JSON.stringify(each));
      await expect(backend.open(request)).rejects.toMatchObject({ code: "UNAVAILABLE", message });
      await backend.close();
    }
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(() => file({ path: `${path}\0` })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("takes a key of LMDB's length at most, and refuses a longer one alone", async () => {
    const path = newFolder();
    const backend = file({ path });
    const [one, other] = [await openReplica(backend), await openReplica(backend)];
    const answers = await Promise.all([one.commit([put("k".repeat(3_000), "1")]), other.commit([put("a", "1")])]);
    expect(answers).toMatchObject([{ type: "refused", code: "INVALID_ARGUMENT" }, { type: "committed" }]);
    expect(await one.texts()).toEqual({ a: "1" });
    await backend.close();
  });

  test("leaves nothing of what fails half-way, and harms nothing that shares its transaction", async () => {
    const backend = file({ path: newFolder() });
    const [failed, made] = await Promise.allSettled([
      backend.open({ name: "half", scope: "", replica: "r".repeat(3_000), limits: { maxEntries: 1 } }),
      backend.open({ name: "whole", scope: "", replica: "r" }),
    ]);
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "INVALID_ARGUMENT" } });
    expect(made.status).toBe("fulfilled");
    // Had it been made by half, it would have the limits of then.
    const again = await backend.open({ name: "half", scope: "", replica: "r", limits: { maxEntries: 2 } });
    expect(again.header.limits).toEqual({ maxEntries: 2 });
    await backend.close();
  });
});
