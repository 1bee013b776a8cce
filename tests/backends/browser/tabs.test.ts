/** Tabs share a store live, and one that is ended in mid-write loses nothing that was acknowledged. */
import { expect, onTestFinished, test, vi } from "vitest";
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { put } from "../../../ts/testing/suites/backend/trial.js";
import { newDatabase, openReplica, openTab } from "./support.js";

test("a tab hears of the commits of others as they are made", async () => {
  const database = newDatabase();
  const replica = await openReplica(database);
  const log = replica.follow(0);
  const tabs = [openTab(database, "one", 0), openTab(database, "two", 0)];
  await Promise.all(tabs.map((tab) => tab.reaches(10)));
  for (const tab of tabs) await tab.kill();
  const { number } = await replica.store.head();
  await log.reaches(number);
  expect(log.commits.map((commit) => commit.number)).toEqual(Array.from({ length: number }, (_, at) => at + 1));
  expect(new Set(log.commits.map((commit) => commit.replica))).toEqual(new Set(["one", "two"]));
});

test("a tab that was ended at any moment leaves every commit that was acknowledged, whole", async () => {
  const database = newDatabase();
  const replica = await openReplica(database);
  let acknowledged = -1;
  for (let round = 0; round < 12; round++) {
    const tab = openTab(database, `writer-${round}`, acknowledged + 1);
    await tab.reaches(1 + Math.floor(Math.random() * 20));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
    await tab.kill();
    acknowledged = Math.max(acknowledged, ...tab.acknowledged);

    const texts = await replica.texts();
    let latest = -1;
    for (let at = 0; at < 20; at++) {
      expect(texts[`left:${at}`]).toBe(texts[`right:${at}`]);
      latest = Math.max(latest, Number.parseInt(texts[`left:${at}`] ?? "-1", 10));
    }
    // What was kept and not told any more may be there.
    expect(latest, `round ${round}`).toBeGreaterThanOrEqual(acknowledged);
    expect(latest - acknowledged, `round ${round}`).toBeLessThanOrEqual(2);
    expect((await replica.store.head()).number).toBe(latest + 1);
    acknowledged = latest;
  }
});

/** Loses every message from here on, until the test ends. */
function loseMessages(): void {
  const told = vi.spyOn(BroadcastChannel.prototype, "postMessage").mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
}

test("a commit that nobody told of is found all the same", async () => {
  const database = newDatabase();
  const replica = await openReplica(database);
  const log = replica.follow(0);
  await log.reaches(0);
  loseMessages();
  const other = await openReplica(database);
  const { number } = await other.committed([put("a", "1")]);
  await log.reaches(number);
  await other.committed([put("a", "2")]);
  await log.reaches(number + 1);
});

test("a store that nobody told is another is found to be, though its number is the same", async () => {
  const database = newDatabase();
  const replica = await openReplica(database);
  const log = replica.follow(0);
  await log.reaches(0);
  loseMessages();
  const other = indexedDb({ database });
  await other.remove({ name: "s" });
  await other.open({ name: "s", scope: "", replica: "other" });
  await log.until(({ hasGap }) => hasGap, "a gap is told");
  await other.close();
});

// Each store that was followed was read once a second: with some hundreds, commits waited a quarter of a second for those reads, again and again.
test("stores that are followed are looked at together, and none is read in which nothing happens", async () => {
  const backend = indexedDb({ database: newDatabase() });
  const stores = await Promise.all(["a", "b", "c"].map((name) => backend.open({ name, scope: "", replica: name })));
  const heard: string[] = [];
  for (const [at, store] of stores.entries()) {
    store.follow(0, { commits: () => void heard.push(store.header.id), gap: () => void heard.push(`gap ${at}`), failed() {} });
  }
  const begun = vi.spyOn(IDBDatabase.prototype, "transaction");
  onTestFinished(() => begun.mockRestore());
  // What the first look finds is new to it, so each is read once more.
  await expect.poll(() => heard.length).toBe(6);
  begun.mockClear();
  await expect.poll(() => begun.mock.calls.length).toBeGreaterThan(1);
  expect(begun.mock.calls.map(([names]) => [...names])).toEqual(begun.mock.calls.map(() => ["headers", "heads"]));
  await backend.close();
});
