/**
 * Promises about commits: whole, in order, numbered, once.
 *
 * @module
 */

import { holds, same } from "../asserting.js";
import type { BackendPromise } from "./promise.js";
import { put, remove, type Trial } from "./trial.js";

/** Whole, in order, numbered. */
export const commitPromises: readonly BackendPromise[] = [
  {
    name: "a commit is applied whole, its operations in their order",
    async attempt(trial) {
      const one = await trial.open();
      await one.committed([put("a", "1"), put("b", "2"), put("s:a", "3"), put("s:b", "4")]);
      await one.committed([remove("a"), put("a", "5"), { type: "clear", prefix: "s:" }, put("s:c", "6"), put("b", "7"), remove("b")]);
      same(await one.texts(), { a: "5", "s:c": "6" }, "what two commits leave");
    },
  },
  {
    name: "a commit that comes to nothing leaves nothing of itself",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("a", "1")]);
      const answer = await one.commit([put("a", "2"), put("b", "2")], { conditions: [{ key: "a", version: number + 1 }] });
      same(answer, { type: "conflict", key: "a", number }, "the answer to a commit whose condition fails");
      same(await one.texts(), { a: "1" }, "what it leaves");
      same((await one.store.head()).number, number, "the number of the last commit");
    },
  },
  {
    name: "numbers go up, and each commit names the one before it",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const first = await one.committed([put("a", "1")]);
      const second = await other.committed([put("b", "1")]);
      const third = await one.committed([put("a", "2")]);
      holds(first.number > 0 && first.after === 0, "the first commit comes after 0");
      same([second.after, third.after], [first.number, second.number], "the commits that the second and the third come after");
      holds(second.number > first.number && third.number > second.number, "numbers go up");
      holds(second.time >= first.time && third.time >= second.time, "time does not go back");
      same((await one.store.head()).number, third.number, "the number of the head");
      same((await one.entries()).get("a")?.number, third.number, "the number of an entry is that of the commit which wrote it");
    },
  },
  {
    name: "a commit that changes nothing gets no number and is not in the log",
    async attempt(trial) {
      const one = await trial.open();
      const { number } = await one.committed([put("a", "1")]);
      const none = await one.committed([
        remove("missing"),
        { type: "clear", prefix: "nobody:" },
        { type: "touch", key: "missing", ttl: null },
      ]);
      same([none.changed, none.number, none.after], [false, number, number], "whether it changed anything, its number and the one before");
      const next = await one.committed([put("a", "2")]);
      same(next.after, number, "the commit that the next one comes after");
      const log = one.follow(0);
      await log.reaches(next.number);
      same(
        log.commits.map((commit) => commit.number),
        [number, next.number],
        "the numbers in the log",
      );
    },
  },
  {
    name: "commits of many replicas at once fall into one order, the same for all",
    async attempt(trial) {
      const replicas = await Promise.all([trial.open(), trial.open(), trial.open()]);
      const logs = replicas.map((replica) => replica.follow(0));
      const answers = await Promise.all(
        replicas.map(async (replica) => {
          const mine: number[] = [];
          for (let at = 0; at < 20; at++) mine.push((await replica.committed([put(`${replica.name}:${at}`, "x")])).number);
          return mine;
        }),
      );
      const numbers = answers.flat().sort((left, right) => left - right);
      same(new Set(numbers).size, 60, "how many numbers sixty commits have");
      for (const mine of answers)
        same(
          mine,
          [...mine].sort((left, right) => left - right),
          "the numbers of one replica, in its order",
        );
      for (const log of logs) {
        await log.reaches(numbers.at(-1) ?? 0);
        same(
          log.commits.map((commit) => commit.number),
          numbers,
          "the numbers that a log tells, in its order",
        );
      }
    },
  },
];

/** Sends a commit, loses the answer, and lets somebody undo what it did. */
async function lost(trial: Trial) {
  const [one, other] = [await trial.open({ replica: "one" }), await trial.open()];
  const request = one.next([put("a", "1")]);
  const first = await one.store.commit(request);
  await other.committed([remove("a")]);
  return { one, other, request, first };
}

/** Exactly once. */
export const oncePromises: readonly BackendPromise[] = [
  {
    name: "a commit that is sent again is answered as at first, and not applied twice",
    async attempt(trial) {
      const { one, request, first } = await lost(trial);
      same(await one.store.commit({ ...request, isRetry: true }), first, "the answer to a commit that is sent again");
      same(await one.texts(), {}, "what is there after somebody has undone it");
    },
  },
  {
    name: "a commit that is sent again by another connection is answered as at first",
    async attempt(trial) {
      const { request, first } = await lost(trial);
      const again = await trial.open({ replica: "one" });
      same(await again.store.commit({ ...request, isRetry: true }), first, "the answer by another connection");
      same(await again.texts(), {}, "what is there");
    },
  },
  {
    name: "a commit that is sent again, but never arrived, is applied",
    async attempt(trial) {
      const one = await trial.open();
      same((await one.commit([put("a", "1")], { isRetry: true })).type, "committed", "the answer to a first commit that never arrived");
      await one.committed([put("a", "2")]);
      same((await one.commit([put("a", "3")], { isRetry: true })).type, "committed", "the answer to a later one");
      same(await one.texts(), { a: "3" }, "what is there");
    },
  },
  {
    name: "a commit that is sent again, of a replica that nobody remembers, has an unknown outcome and does nothing",
    async attempt(trial) {
      const one = await trial.open();
      same(await one.commit([put("a", "1")], { replica: "stranger", isRetry: true }), { type: "unknown" }, "the answer");
      same(await one.texts(), {}, "what is there");
    },
  },
  {
    name: "a straggler from before the last commit does nothing",
    async attempt(trial) {
      const { one, request } = await lost(trial);
      await one.committed([put("b", "1")]);
      same(await one.store.commit({ ...request, isRetry: true }), { type: "unknown" }, "the answer");
      same(await one.texts(), { b: "1" }, "what is there");
    },
  },
  {
    name: "attempts of a commit are made in turn: once a later one is answered, an earlier one is applied no more",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      let { number: version } = await other.committed([put("a", "0")]);
      let mine: string | undefined;
      const rounds = 20;
      for (let round = 1; round <= rounds; round++) {
        const request = one.next([put("mine", String(round))], { conditions: [{ key: "a", version }] });
        // Another commit, which the condition does not survive, comes before, between or behind the two.
        const others = [0, 1, 2].map((place) => async () => place === round % 3 && other.committed([put("a", String(round))]));
        const before = others[0]?.();
        const first = one.store.commit(request);
        const between = others[1]?.();
        const second = one.store.commit({ ...request, isRetry: true });
        const behind = others[2]?.();
        const answer = await second;
        if (answer.type === "committed") mine = String(round);
        else same(answer.type, "conflict", "the answer to the later attempt");
        const early = await first;
        same(early.type, answer.type, "the answer to the earlier attempt, beside that to the later one");
        for (const commit of [await before, await between, await behind]) if (commit) version = commit.number;
        same((await one.texts()).mine, mine, "what is there when both are answered");
      }
      const log = other.follow(0);
      await log.reaches((await other.store.head()).number);
      const counters = log.commits.filter(({ replica }) => replica === one.name).map(({ counter }) => counter);
      same(new Set(counters).size, counters.length, "how many commits the log tells of it, beside how many times");
    },
  },
  {
    name: "what a replica committed last is remembered though it is silent for days",
    isGiven: (_, { clock = false }) => clock,
    async attempt(trial) {
      const { one, request, first } = await lost(trial);
      await trial.pass(one, 6 * 86_400_000);
      await trial.open();
      same(await one.store.commit({ ...request, isRetry: true }), first, "the answer after six days");
    },
  },
  {
    name: "a commit that changed nothing is answered as at first too",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const request = one.next([remove("a")]);
      const first = await one.store.commit(request);
      await other.committed([put("a", "1")]);
      same(await one.store.commit({ ...request, isRetry: true }), first, "the answer when it is sent again");
      same(await one.texts(), { a: "1" }, "what is there");
    },
  },
];
