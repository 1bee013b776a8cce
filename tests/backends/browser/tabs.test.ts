/** Tabs share a store live, and one that is ended in mid-write loses nothing that was acknowledged. */
import { expect, test } from "vitest";
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

test("a commit that nobody told of is found all the same", async () => {
  const database = newDatabase();
  const replica = await openReplica(database);
  const log = replica.follow(0);
  await log.reaches(0);
  // Every message is lost from here on.
  const { postMessage } = BroadcastChannel.prototype;
  BroadcastChannel.prototype.postMessage = () => {};
  try {
    const other = await openReplica(database);
    const { number } = await other.committed([{ type: "put", key: "a", value: { encoding: 0, bytes: new Uint8Array() }, ttl: null }]);
    await log.reaches(number);
  } finally {
    BroadcastChannel.prototype.postMessage = postMessage;
  }
});
