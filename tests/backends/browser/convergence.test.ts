/** Tabs whose clocks are off write to one database at random, and end with one history and one content. */
import { expect, test } from "vitest";
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { openStore } from "../../../ts/index.js";
import type { Account } from "../convergence/accounts.js";
import { contradictions } from "../convergence/checker.js";
import type { TabEnd, TabMessage, TabTask } from "../convergence/tab.js";
import { prepare, Writer } from "../convergence/writer.js";
import { newDatabase, openFrame } from "./support.js";

/** The plan of a run: put its number here to play it again. */
const seed = Math.floor(Math.random() * 2 ** 31);
const steps = 60;
const skews = [0, 150, -120];

/** Opens a tab; gives how to wait for what it tells. */
function openTab(task: TabTask) {
  const tell = new Map<TabMessage["type"], (message: TabMessage) => void>();
  let fail = (_: Error) => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  window.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => {
    if (data?.writer !== task.writer) return;
    if (data.type === "failed") fail(new Error(data.why));
    tell.get(data.type)?.(data);
  });
  const frame = openFrame(task, new URL("../convergence/tab.ts", import.meta.url));
  const told = <Type extends TabMessage["type"]>(type: Type) => {
    const message = new Promise<TabMessage>((resolve) => tell.set(type, resolve));
    return Promise.race([failed, message]) as Promise<Extract<TabMessage, { type: Type }>>;
  };
  return {
    done: told("done"),
    async account(end: TabEnd): Promise<Account> {
      const account = told("account");
      frame.contentWindow?.postMessage(end, "*");
      return (await account).account;
    },
  };
}

test(`seed ${seed}: what all tabs tell can be true of one store`, async () => {
  const database = newDatabase();
  const backend = indexedDb({ database });
  const store = await openStore({ backend });
  const watcher = new Writer("watcher", store);
  await prepare(store);
  const tabs = skews.map((skew, at) => openTab({ database, writer: `tab-${at}`, seed: seed + at, steps, skew }));
  await Promise.all(tabs.map(({ done }) => done));
  store.scope("passing").clear();
  store.set("plain:end", seed);
  await store.flush();
  await store.sync();
  const { cursor } = store.status;
  const accounts = await Promise.all([watcher.account(cursor), ...tabs.map((tab) => tab.account({ cursor }))]);
  await store.close();
  await backend.close();
  expect(contradictions(accounts)).toEqual([]);
  expect(accounts[0]?.commits.length).toBeGreaterThan(steps / 2);
}, 300_000);
