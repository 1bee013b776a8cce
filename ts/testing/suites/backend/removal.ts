/**
 * Promises about removing stores: nothing of one is left, and no other is harmed.
 *
 * @module
 */

import { holds, rejects, same } from "../asserting.js";
import type { BackendPromise } from "./promise.js";
import { requireReplaced } from "./replaced.js";
import { put, type Trial } from "./trial.js";

/** Removes the store that `open` opens, by a connection of its own. */
async function remove(trial: Trial, options: { readonly id?: string; readonly ifEmpty?: boolean } = {}): Promise<boolean> {
  return (await trial.connect()).remove({ name: trial.storeName, ...options });
}

/** Removing stores, where a backend can. */
export const removalPromises: readonly BackendPromise[] = [
  {
    name: "a store that is removed is gone with all of it, and what is made under its name is another",
    async attempt(trial) {
      const one = await trial.open();
      const metadata = trial.capabilities.metadata
        ? { addTag: "t", setProperty: ["p", { encoding: 0, bytes: new Uint8Array([1]) }] as const }
        : undefined;
      const { number } = await one.committed([put("a", "1", trial.capabilities.expiry ? 10_000_000 : null, metadata), put("b", "1")]);
      const { id } = one.store.header;
      await one.store.close();
      same(await remove(trial), true, "whether it is gone");
      const other = await trial.open({ replica: one.name });
      holds(other.store.header.id !== id, "it has another id");
      same(await other.texts(), {}, "what is in it");
      if (trial.keepsHistory) same((await other.store.head()).number, 0, "its last commit");
      const next = await other.committed([put("a", "2")]);
      if (trial.keepsHistory) same([next.number, number > 0], [1, true], "its first commit");
      const log = other.follow(next.after);
      await log.reaches(next.number);
      same(log.commits.length, 1, "the commits that its log tells");
      same((await other.entries()).get("a")?.metadata, undefined, "what metadata it has of the former one");
    },
  },
  {
    name: "stores of other names stay when one is removed",
    isGiven: ({ names }) => names,
    async attempt(trial) {
      const names = ["one", "two", "one:", "on"];
      const replicas = await Promise.all(names.map((name) => trial.open({ name })));
      await Promise.all(replicas.map((replica, at) => replica.committed([put("a", String(at))])));
      const backend = await trial.connect();
      same(await backend.remove({ name: "one" }), true, "whether it is gone");
      const made = await trial.open({ name: "three" });
      await made.committed([put("a", "3")]);
      for (const [at, replica] of [...replicas, made].entries()) {
        if (at === 0) continue;
        await replica.committed([put("b", "1")]);
        same(await replica.texts(), { a: at === 4 ? "3" : String(at), b: "1" }, `what is in the store ${names[at]}`);
      }
      same(await (await trial.open({ name: "one" })).texts(), {}, "what is in one that is made in its place");
    },
  },
  {
    name: "removing what is not there is no error, and what is another's is left alone",
    async attempt(trial) {
      same(await remove(trial), true, "whether a store that never was is gone");
      same(await remove(trial, { id: "none", ifEmpty: true }), true, "whether one of some id is");
      const former = await trial.open();
      const { id } = former.store.header;
      same(await remove(trial, { id }), true, "whether the one that is meant is gone");
      same(await remove(trial, { id }), true, "whether it is when it is removed again");
      const present = await trial.open();
      await present.committed([put("a", "1")]);
      same(await remove(trial, { id }), true, "whether it is when there is another in its place");
      await present.committed([put("b", "1")]);
      same(await present.texts(), { a: "1", b: "1" }, "what that one has");
    },
  },
  {
    name: "a store that has entries stays where it is to be removed without only",
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([put("a", "1")]);
      same(await remove(trial, { ifEmpty: true }), false, "whether it is gone");
      await one.committed([{ type: "clear", prefix: "" }]);
      same(await remove(trial, { ifEmpty: true }), true, "whether it is when its entries are");
      holds((await trial.open()).store.header.id !== one.store.header.id, "what is made then is another");
    },
  },
  {
    name: "what has expired keeps no store from being removed",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([put("a", "1", 20)]);
      same(await remove(trial, { ifEmpty: true }), false, "whether it is gone while an entry lives");
      await trial.pass(one, 20);
      same(await remove(trial, { ifEmpty: true }), true, "whether it is when the entry has expired");
    },
  },
  {
    name: "a store that was removed takes no commit of who had it open, until that one has loaded the other",
    attempt: (trial) => requireReplaced(trial, async () => void (await remove(trial))),
  },
  {
    name: "of a commit and the removal of an empty store at the same time, one comes first, and the other fails",
    async attempt(trial) {
      for (let round = 0; round < 10; round++) {
        const [one, backend] = [await trial.open(), await trial.connect()];
        const [fate, isGone] = await Promise.all([
          one.commit([put("a", "1")]).then(
            ({ type }) => type,
            () => "failed",
          ),
          backend.remove({ name: trial.storeName, ifEmpty: true }),
        ]);
        same(isGone, fate !== "committed", `whether the store is gone when the commit is ${fate}`);
        same(await (await trial.open()).texts(), fate === "committed" ? { a: "1" } : {}, "what is there");
        await remove(trial);
      }
    },
  },
  {
    name: "closing a store that was removed makes none",
    isGiven: ({ limits }) => limits,
    async attempt(trial) {
      const one = await trial.open();
      await remove(trial);
      // What is under way when it is closed has an end by then.
      const loading = one.store.load().catch(() => undefined);
      await one.store.close();
      await remove(trial);
      await loading;
      same((await trial.open({ limits: { maxEntries: 1 } })).store.header.limits, { maxEntries: 1 }, "the limits of what is made then");
    },
  },
  {
    name: "a store of a later format is not removed by an earlier version",
    isGiven: (_, { formats = false }) => formats,
    async attempt(trial) {
      const later = await trial.open({ settings: { formats: { knows: 9, read: 1, write: 9 } } });
      await later.committed([put("a", "1")]);
      await rejects(remove(trial), "FORMAT_TOO_NEW", "an earlier version that removes it");
      same(await later.texts(), { a: "1" }, "what is there");
    },
  },
  {
    name: "a backend that is closed removes nothing",
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([put("a", "1")]);
      const backend = await trial.connect();
      await backend.close();
      await rejects(backend.remove({ name: trial.storeName }), "CLOSED", "a removal");
      same(await one.texts(), { a: "1" }, "what is there");
    },
  },
];

/** Where a backend removes none. */
export const keepingPromises: readonly BackendPromise[] = [
  {
    name: "a backend that removes no stores says so, and leaves them",
    isGiven: ({ removal = true }) => !removal,
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([put("a", "1")]);
      await rejects(remove(trial), "NOT_SUPPORTED", "a removal");
      same(await one.texts(), { a: "1" }, "what is there");
    },
  },
];
