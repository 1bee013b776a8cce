/**
 * Promises about what commits may depend on: versions of entries, and ranges in which nothing has changed.
 *
 * @module
 */

import type { CommitAnswer, RangeCondition } from "../../../backends/backend.js";
import type { Operation } from "../../../backends/operations.js";
import { same } from "../asserting.js";
import type { BackendPromise } from "./promise.js";
import { put, type Replica, remove, type Trial } from "./trial.js";

/** Whether a replica may commit under a range condition after another has done something. */
async function afterwards(trial: Trial, does: readonly Operation[], range: Partial<RangeCondition>): Promise<CommitAnswer["type"]> {
  const [one, other] = [await trial.open(), await trial.open()];
  const { number } = await other.committed([put("s:b", "1"), put("s:d", "1"), put("t", "1")]);
  await other.committed(does);
  const condition = { prefix: "s:", reverse: false, since: number, own: one.counter, ...range };
  return (await one.commit([put("result", "1")], { ranges: [condition] })).type;
}

async function incremented(replica: Replica): Promise<number> {
  for (let tries = 1; ; tries++) {
    const entry = (await replica.entries()).get("count");
    const count = entry ? Number(new TextDecoder().decode(entry.value.bytes)) : 0;
    const answer = await replica.commit([put("count", String(count + 1))], { conditions: [{ key: "count", version: entry?.number ?? 0 }] });
    if (answer.type === "committed") return tries;
  }
}

/** Versions and ranges. */
export const conditionPromises: readonly BackendPromise[] = [
  {
    name: "a condition holds for the very version of an entry, and version 0 for a missing one",
    async attempt(trial) {
      const one = await trial.open();
      const created = await one.committed([put("a", "1")], { conditions: [{ key: "a", version: 0 }] });
      const version = created.number;
      same(
        (await one.commit([put("a", "2")], { conditions: [{ key: "a", version: 0 }] })).type,
        "conflict",
        "0 for an entry that is there",
      );
      const changed = await one.committed([put("a", "2")], { conditions: [{ key: "a", version }] });
      same(
        await one.commit([put("a", "3")], { conditions: [{ key: "a", version }] }),
        { type: "conflict", key: "a", number: changed.number },
        "an old version",
      );
      const both = [
        { key: "a", version: changed.number },
        { key: "b", version: 7 },
      ];
      same(
        await one.commit([put("a", "3")], { conditions: both }),
        { type: "conflict", key: "b", number: changed.number },
        "one of two fails",
      );
      await one.committed([remove("a")], { conditions: [{ key: "a", version: changed.number }] });
      await one.committed([put("a", "4")], { conditions: [{ key: "a", version: 0 }] });
      same(await one.texts(), { a: "4" }, "what is there");
    },
  },
  {
    name: "a commit of conditions alone is answered, and changes nothing",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("a", "1")]);
      const checked = await one.committed([], { conditions: [{ key: "a", version: number }] });
      same([checked.changed, checked.number], [false, number], "whether it changed anything, and its number");
      same((await one.commit([], { conditions: [{ key: "a", version: 0 }] })).type, "conflict", "the answer when they do not hold");
    },
  },
  {
    name: "of replicas that count one entry up at once, no count is lost",
    async attempt(trial) {
      const replicas = await Promise.all([trial.open(), trial.open(), trial.open()]);
      await Promise.all(
        replicas.map(async (replica) => {
          for (let at = 0; at < 10; at++) await incremented(replica);
        }),
      );
      same(await replicas[0]?.texts(), { count: "30" }, "what thirty increments come to");
    },
  },
  {
    name: "a range condition fails for any change in the range since, and for no other",
    async attempt(trial) {
      same(await afterwards(trial, [put("s:c", "1")], {}), "conflict", "a new entry in the range");
      same(await afterwards(trial, [remove("s:b")], {}), "conflict", "an entry deleted in the range");
      same(await afterwards(trial, [put("t", "2"), put("s", "2")], {}), "committed", "changes outside");
      same(await afterwards(trial, [put("anything", "2")], { prefix: "" }), "conflict", "a change anywhere, for a range of all");
    },
  },
  {
    name: "a range may begin or end at a key, which is not part of it",
    async attempt(trial) {
      same(await afterwards(trial, [put("s:a", "1"), put("s:b", "2")], { after: "s:b" }), "committed", "changes up to it");
      same(await afterwards(trial, [put("s:ba", "1")], { after: "s:b" }), "conflict", "a change right after it");
      same(await afterwards(trial, [put("s:c", "1"), put("s:b", "2")], { after: "s:b", reverse: true }), "committed", "changes from it on");
      same(await afterwards(trial, [put("s:a", "2")], { after: "s:b", reverse: true }), "conflict", "a change before it");
      same(await afterwards(trial, [put("s:\u{1f600}", "1")], { after: "s:\uffff" }), "conflict", "order is that of code points");
    },
  },
  {
    name: "a clear is a change of every range that it overlaps",
    async attempt(trial) {
      same(await afterwards(trial, [{ type: "clear", prefix: "s:b" }], {}), "conflict", "a part of the range");
      same(await afterwards(trial, [{ type: "clear", prefix: "" }], {}), "conflict", "all");
      same(await afterwards(trial, [{ type: "clear", prefix: "t" }], {}), "committed", "something else");
    },
  },
  {
    name: "commits of the replica itself, as far as it says, are no change of a range",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("s:a", "1")]);
      await one.committed([put("s:b", "1")]);
      const known = one.counter;
      const range = { prefix: "s:", reverse: false, since: number };
      await one.committed([put("t", "1")], { ranges: [{ ...range, own: known }] });
      same((await one.commit([put("t", "2")], { ranges: [{ ...range, own: known - 1 }] })).type, "conflict", "one that it does not know");
    },
  },
  {
    name: "what expires in a range is no commit, and no change of it: it is told by conditions, by the backend's time",
    isGiven: ({ expiry }) => expiry,
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("s:a", "1", 20), put("s:b", "1", 10_000_000)]);
      const range = { prefix: "s:", reverse: false, since: number, own: one.counter };
      const told = (key: string, version: number) => ({ ranges: [range], conditions: [{ key, version }] });
      same((await one.commit([put("x", "1")], told("s:b", 0))).type, "conflict", "the answer to who took for expired what is there");
      await trial.pass(one, 20);
      same((await one.commit([put("x", "1")], told("s:a", number))).type, "conflict", "the answer to who took for there what has expired");
      await one.committed([put("x", "1")], told("s:a", 0));
      await one.committed([put("x", "2")], told("s:b", number));
    },
  },
  {
    name: "a range since a commit that the store never had, or has lost, is in conflict",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("a", "1")]);
      const range = { prefix: "s:", reverse: false, since: number + 1, own: 0 };
      same((await one.commit([put("b", "1")], { ranges: [range] })).type, "conflict", "the answer");
      same(await one.texts(), { a: "1" }, "what is there");
    },
  },
  {
    name: "a range that the log does not reach back to is in conflict",
    isGiven: (_, { logCommits = false }) => logCommits,
    async attempt(trial) {
      const one = await trial.open({ settings: { logCommits: 3 } });
      const { number } = await one.committed([put("a", "1")]);
      for (let at = 0; at < 8; at++) await one.committed([put("a", String(at))]);
      const range = { prefix: "s:", reverse: false, since: number, own: 0 };
      same((await one.commit([put("b", "1")], { ranges: [range] })).type, "conflict", "the answer");
      const { number: latest } = await one.store.head();
      await one.committed([put("b", "1")], { ranges: [{ ...range, since: latest }] });
    },
  },
];
