/**
 * Promises about what replicas read: contents, whole or of a scope, and the log.
 *
 * @module
 */

import { decodePart } from "../../../backends/entries.js";
import { decodeOperations, type Operation } from "../../../backends/operations.js";
import { arrives, holds, same } from "../asserting.js";
import type { BackendPromise } from "./promise.js";
import { put, remove, text } from "./trial.js";

const longestKey = "k".repeat(1_024);

/** Keys that would betray another reading of them. */
const keys = ["", " ", "a", "__proto__", "constructor", "https://a.b/c?d=1", "s:", "s:a", "\u0000", "é", "\uffff", "\u{1f600}", longestKey];

/** Loading. */
export const loadingPromises: readonly BackendPromise[] = [
  {
    name: "any key and any value come back as they were, with numbers and times",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const value = { encoding: 0, bytes: Uint8Array.from({ length: 128 }, (_, at) => at) };
      const made = await one.committed(keys.map((key) => ({ type: "put", key, value, ttl: null })));
      const entries = await other.entries();
      same([...entries.keys()].sort(), [...keys].sort(), "the keys");
      const expected = { number: made.number, createdAt: made.time, updatedAt: made.time, deadline: Infinity, value };
      for (const [key, entry] of entries) same(entry, expected, `the entry under ${JSON.stringify(key)}`);
    },
  },
  {
    name: "bytes of every encoding come back as they were",
    isGiven: ({ values }) => values === "any",
    async attempt(trial) {
      const one = await trial.open();
      const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
      await one.committed([
        { type: "put", key: "a", value: { encoding: 9, bytes }, ttl: null, metadata: { properties: [["p", { encoding: 13, bytes }]] } },
      ]);
      const entry = (await one.entries()).get("a");
      same(
        [entry?.value, entry?.metadata?.properties],
        [{ encoding: 9, bytes }, [["p", { encoding: 13, bytes }]]],
        "the value and a property",
      );
    },
  },
  {
    name: "much is loaded in parts of some hundred kilobytes",
    async attempt(trial) {
      const one = await trial.open();
      const value = text("x".repeat(1_000));
      for (let from = 0; from < 1_000; from += 250) {
        await one.committed(Array.from({ length: 250 }, (_, at) => ({ type: "put", key: `key:${from + at}`, value, ttl: null })));
      }
      const { parts } = await one.store.load();
      const found = new Set<string>();
      let count = 0;
      for await (const part of parts) {
        holds(part.length > 0 && part.length < 2 ** 20, "a part is neither empty nor larger than a megabyte");
        count++;
        for (const [key] of decodePart(part)) found.add(key);
      }
      same(found.size, 1_000, "how many entries were loaded");
      holds(count > 1, "there is more than one part");
    },
  },
  {
    name: "what is loaded while others commit, and the log from its head on, are the contents",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const value = text("x".repeat(1_000));
      await one.committed(Array.from({ length: 1_000 }, (_, at) => ({ type: "put", key: `key:${at}`, value, ttl: null })));
      const { parts, head } = await one.store.load();
      const numbers = new Map<string, number>();
      let latest = head.number;
      for await (const part of parts) {
        for (const [key, { number }] of decodePart(part)) numbers.set(key, number);
        ({ number: latest } = await other.committed([
          put("key:3", "2"),
          remove("key:900"),
          put(`new:${numbers.size}`, "1"),
          remove("key:7"),
        ]));
      }
      const log = one.follow(head.number);
      await log.reaches(latest);
      for (const { number, operations } of log.commits) {
        for (const operation of decodeOperations(operations)) {
          // What an entry has in it already is passed over.
          if (operation.type === "put" && (numbers.get(operation.key) ?? 0) < number) numbers.set(operation.key, number);
          if (operation.type === "delete" && (numbers.get(operation.key) ?? Infinity) < number) numbers.delete(operation.key);
        }
      }
      const expected = [...(await other.entries())].map(([key, entry]) => [key, entry.number] as const);
      same(numbers, new Map(expected), "the numbers of all entries");
    },
  },
];

/** Following. */
export const followingPromises: readonly BackendPromise[] = [
  {
    name: "a log is told from any number on, now and from now on, in order and once",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const before = [await one.committed([put("a", "1")]), await other.committed([put("b", "2")])];
      const [all, rest] = [other.follow(0), other.follow(before[0]?.number ?? 0)];
      await Promise.all([all.reaches(before[1]?.number ?? 0), rest.reaches(before[1]?.number ?? 0)]);
      const after = await one.committed([put("a", "3"), remove("b")]);
      await Promise.all([all.reaches(after.number), rest.reaches(after.number)]);
      const expected = [...before, after].map(({ number, time }, at) => ({
        number,
        time,
        replica: (at === 1 ? other : one).name,
        counter: at === 2 ? 2 : 1,
      }));
      same(
        all.commits.map(({ operations: _, ...commit }) => commit),
        expected,
        "all commits",
      );
      same(
        rest.commits.map(({ number }) => number),
        expected.slice(1).map(({ number }) => number),
        "those after the first",
      );
      same(decodeOperations(all.commits[2]?.operations ?? new Uint8Array()), [put("a", "3"), remove("b")], "what the last one did");
    },
  },
  {
    name: "a log tells operations as they were given, ttl and patch included",
    isGiven: ({ expiry, metadata }) => expiry && metadata,
    async attempt(trial) {
      const one = await trial.open();
      const operations: readonly Operation[] = [
        put("a", "1", 60_000, { tags: ["t"], properties: [["p", text("1")]], description: null }),
        put("b", "1", { deadline: 9_000_000_000_000 }, { setProperty: ["p", text("1")], addTag: "t" }),
        { type: "touch", key: "a", ttl: "keep" },
        { type: "annotate", key: "a", metadata: { removeTag: "u", removeProperty: "q", description: "told" } },
        { type: "expire", key: "a", version: 7 },
        { type: "clear", prefix: "s:" },
        remove("b"),
      ];
      const { number } = await one.committed(operations);
      const log = one.follow(0);
      await log.reaches(number);
      same(decodeOperations(log.commits[0]?.operations ?? new Uint8Array()), operations, "operations");
    },
  },
  {
    name: "a long log is told whole",
    isGiven: ({ logCommits = Infinity }) => logCommits >= 1_500,
    async attempt(trial) {
      const backend = await trial.connect();
      const replicas = await Promise.all(Array.from({ length: 15 }, () => trial.open({ backend })));
      await Promise.all(
        replicas.map(async (replica) => {
          for (let at = 0; at < 100; at++) await replica.committed([put(replica.name, String(at))]);
        }),
      );
      const one = await trial.open();
      const { number } = await one.store.head();
      const log = one.follow(0);
      await log.reaches(number);
      for (const { name } of replicas) {
        const counters = log.commits.filter(({ replica }) => replica === name).map(({ counter }) => counter);
        same(
          counters,
          counters.map((_, at) => at + 1),
          "the commits of one replica",
        );
      }
      same(log.commits.length, 1_500, "how many commits are told");
    },
  },
  {
    name: "a log that is no longer followed tells nothing more, and may be followed again",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const first = await one.committed([put("a", "1")]);
      const stopped = other.follow(0);
      await stopped.reaches(first.number);
      stopped.following.stop();
      stopped.following.stop();
      const second = await one.committed([put("a", "2")]);
      const again = other.follow(first.number);
      await again.reaches(second.number);
      stopped.following.nudge();
      same(stopped.commits.length, 1, "commits that were told before the end");
      same(
        again.commits.map(({ number }) => number),
        [second.number],
        "commits that are told when it is followed again",
      );
    },
  },
  {
    name: "a nudge brings what was committed before it",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const log = other.follow(0);
      await log.reaches(0);
      const { number } = await one.committed([put("a", "1")]);
      log.following.nudge();
      await log.reaches(number);
      same(log.commits.length, 1, "commits that are told");
    },
  },
  {
    name: "a log that goes less far than the replica has a gap",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("a", "1")]);
      const log = one.follow(number + 5);
      await log.until(({ hasGap }) => hasGap, "a gap is told");
    },
  },
  {
    name: "a log that was trimmed has a gap for who is further behind, and for nobody else",
    isGiven: (_, { logCommits = false }) => logCommits,
    async attempt(trial) {
      const one = await trial.open({ settings: { logCommits: 3 } });
      const numbers: number[] = [];
      for (let at = 0; at < 8; at++) numbers.push((await one.committed([put("a", String(at))])).number);
      const behind = one.follow(numbers[0] ?? 0);
      await behind.until(({ hasGap }) => hasGap, "a gap is told");
      same(behind.commits.length, 0, "commits that are told before it");
      const near = one.follow(numbers[4] ?? 0);
      await near.reaches(numbers[7] ?? 0);
      same(
        near.commits.map(({ number }) => number),
        numbers.slice(5),
        "commits that the log still has",
      );
      holds(!near.hasGap, "there is no gap for who is near");
    },
  },
];

/** Scopes. */
export const scopePromises: readonly BackendPromise[] = [
  {
    name: "a replica of a scope loads what is in it, and hears what changes in it",
    isGiven: ({ scopes }) => scopes,
    async attempt(trial) {
      const [one, part] = [await trial.open(), await trial.open({ scope: "s:" })];
      await one.committed([
        put("r", "1"),
        put("s", "1"),
        put("s:", "1"),
        put("s:a", "1"),
        put("s:\u{10ffff}", "1"),
        put("s;", "1"),
        put("t", "1"),
      ]);
      same(await part.texts(), { "s:": "1", "s:a": "1", "s:\u{10ffff}": "1" }, "what it loads");
      const { number } = await one.store.head();
      const log = part.follow(number);
      await one.committed([put("t", "2")]);
      const { number: changed } = await one.committed([put("s:a", "2"), put("t", "3")]);
      await log.reaches(changed);
      const told = log.commits.flatMap(({ operations }) => decodeOperations(operations));
      const inScope = told.filter((operation) => operation.type === "put" && operation.key.startsWith("s:"));
      same(inScope, [put("s:a", "2")], "changes in the scope that it hears");
    },
  },
  {
    name: "a replica of a scope commits with full keys",
    isGiven: ({ scopes }) => scopes,
    async attempt(trial) {
      const [one, part] = [await trial.open(), await trial.open({ scope: "s:" })];
      const { number } = await part.committed([put("s:a", "1")], { conditions: [{ key: "s:a", version: 0 }] });
      same((await one.commit([put("s:a", "2")], { conditions: [{ key: "s:a", version: 0 }] })).type, "conflict", "another one's condition");
      await one.committed([put("s:a", "2")], { conditions: [{ key: "s:a", version: number }] });
      same(await arrives(part.texts(), "it loads"), { "s:a": "2" }, "what it loads");
    },
  },
];
