/** Contract 11, compatible and `close`, as `openStore` gives them: readers of a later format, the upgrade, and stores that a block ends. */
import { expect, test } from "vitest";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import { memory, memoryCapabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { openStore, removeStore } from "../../ts/index.js";

const later = { knows: 9, read: 1, write: 9 };

test("only upgradeStore raises the format; an earlier version reads on, and is refused what it writes", async () => {
  const medium = new MemoryMedium();
  const backendOf = (formats?: typeof later) => new LocalBackend("memory", memoryCapabilities, async () => medium, {}, formats);
  const earlier = await openStore({ backend: backendOf() });
  const one = await openStore({ backend: backendOf(later) });
  await one.setAndWait("a", "1");
  await earlier.setAndWait("b", "1");
  await one.upgradeStore();
  await expect(earlier.setAndWait("b", "2")).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
  expect(earlier.get("b")).toBe("1");

  const reader = await openStore({ backend: backendOf() });
  expect([one.status.isWritable, reader.status.isWritable]).toEqual([true, false]);
  expect(() => reader.set("a", "2")).toThrow(expect.objectContaining({ code: "FORMAT_TOO_NEW" }));
  await expect(reader.update("a", () => "2")).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
  await expect(reader.upgradeStore()).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
  await one.setAndWait("a", "3");
  await reader.sync();
  expect([reader.get("a"), reader.get("b")]).toEqual(["3", "1"]);
  await earlier.close().catch(() => {});
  await Promise.all([one.close(), reader.close()]);
});

test("a reader of a backed store shows what it shows, and has no way to write", async () => {
  const store = await openStore({ backend: memory() });
  const reader = store.reader();
  await store.setAndWait("s:a", "1");
  expect([reader.get("s:a"), reader.scope("s").get("a"), [...reader.keys()]]).toEqual(["1", "1", ["s:a"]]);
  for (const view of [reader, reader.scope("s")]) {
    for (const name of ["set", "delete", "update", "transaction", "flush", "close", "upgradeStore"]) expect(name in view, name).toBe(false);
  }
  await store.close();
});

test("asyncDispose is close: it flushes, and later calls get CLOSED; that of a scope ends the scope alone", async () => {
  const backend = memory();
  const store = await openStore({ backend });
  const scope = store.scope("s");
  scope.set("a", "1");
  await scope[Symbol.asyncDispose]();
  store.set("b", "1");
  await store[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  expect(store.status.state).toBe("closed");
  expect(() => store.set("c", "1")).toThrow(expect.objectContaining({ code: "CLOSED" }));
  const again = await openStore({ backend });
  expect([...again.entries()]).toEqual([
    ["b", "1"],
    ["s:a", "1"],
  ]);
  await again.close();
  await backend.close();
});

test("a name that UTF-8 cannot hold removes nothing: it would be another's", async () => {
  const backend = memory();
  await expect(removeStore({ backend, name: "\ud800" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await backend.close();
});
