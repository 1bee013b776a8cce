/**
 * What expires is told by no commit, so a range that was read says nothing of it: that is asked of the backend entry by entry, by its own time. A replica
 * only estimates that, and a transaction could be decided on an entry that had gone, or on the absence of one that was there.
 */
import { describe, expect, test } from "vitest";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import { memoryCapabilities as capabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { openStore, type Transaction } from "../../ts/index.js";
import { manualClock } from "../../ts/testing/index.js";

const start = 1_700_000_000_000;

/** A store, its clock, and that of its backend, which go apart as a test wants it. */
async function opened() {
  const [ours, theirs] = [manualClock(start), manualClock(start)];
  const medium = new MemoryMedium();
  const backend = new LocalBackend("memory", capabilities, async () => medium, { clock: theirs });
  const store = await openStore({ backend, clock: ours });
  store.set("lock:a", "held", { ttl: "10s" });
  store.set("lock:b", "held");
  await store.flush();
  return { store, ours, theirs };
}

const reads: readonly [string, (tx: Transaction) => unknown][] = [
  ["keys", (tx) => [...tx.keys({ prefix: "lock:" })]],
  ["keys beyond one", (tx) => [...tx.keys({ prefix: "lock:", reverse: true, after: "lock:b" })]],
  ["size", (tx) => tx.size],
  ["find", (tx) => [...tx.find({ kind: "string" })]],
];

describe.each(reads)("a transaction that read %s", (_, read) => {
  test("conflicts where an entry that it told has expired by the backend's time", async () => {
    const { store, theirs } = await opened();
    theirs.advance(10_000);
    const late = store.transaction((tx) => tx.set("told", JSON.stringify(read(tx))));
    await expect(late).rejects.toMatchObject({ code: "CONFLICT" });
    await store.close();
  });

  test("conflicts where an entry that it took for expired is there by the backend's time", async () => {
    const { store, ours, theirs } = await opened();
    ours.advance(10_000);
    const early = () => store.transaction((tx) => tx.set("told", JSON.stringify(read(tx))));
    await expect(early()).rejects.toMatchObject({ code: "CONFLICT" });
    theirs.advance(10_000);
    await early();
    expect(store.get("lock:a")).toBeUndefined();
    await store.close();
  });

  test("commits where nothing of that is so", async () => {
    const { store, ours, theirs } = await opened();
    for (const clock of [ours, theirs]) clock.advance(9_999);
    await store.transaction((tx) => tx.set("told", JSON.stringify(read(tx))));
    await store.close();
  });
});

test("a transaction in which an entry expires between two looks at it conflicts", async () => {
  const { store, ours } = await opened();
  const torn = store.transaction(async (tx) => {
    const before = tx.size;
    ours.advance(10_000);
    tx.set("told", [before, [...tx.keys({ prefix: "lock:" })].length]);
  });
  await expect(torn).rejects.toMatchObject({ code: "CONFLICT" });
  await store.close();
});
