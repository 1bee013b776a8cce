/** Who follows a log hears every commit once and in order, whether it was handed over by who made it or is read from the log. */
import { expect, test } from "vitest";
import type { LoggedCommit } from "../../ts/backends/backend.js";
import { LogFollower } from "../../ts/backends/local/follower.js";
import type { News } from "../../ts/backends/local/reading.js";
import type { Listener } from "../../ts/backends/local/shelf.js";

const commit = (number: number): LoggedCommit => ({ number, time: number, replica: "r", counter: number, operations: new Uint8Array() });

/** A log that is followed from its beginning, with what was told of it and how often it was read. */
function followed() {
  const log: LoggedCommit[] = [];
  const told: number[] = [];
  const reads: (() => void)[] = [];
  let listener: Listener = () => {};
  const read = (after: number): Promise<News> =>
    new Promise((resolve) => {
      const answer = () => ({ commits: log.filter(({ number }) => number > after), through: log.length, time: 0, hasMore: false });
      reads.push(() => resolve(answer()));
    });
  const watch = (heard: Listener) => {
    listener = heard;
    return () => {};
  };
  const sink = {
    commits: (commits: readonly LoggedCommit[]) => void told.push(...commits.map(({ number }) => number)),
    gap: () => told.push(-1),
    failed: () => told.push(-2),
  };
  new LogFollower({ read, watch }, 0, sink);
  return {
    told,
    reads,
    /** Somebody commits: this process, which hands it over, or another, which does not. */
    commits(by: "this" | "another") {
      const made = commit(log.length + 1);
      log.push(made);
      listener(by === "this" ? made : undefined);
    },
    /** May have heard of news where there are none. */
    nudge: () => listener(),
    /** Lets everything come to its end. */
    async settle() {
      for (let turn = 0; turn < 20; turn++) {
        await undefined;
        reads.shift()?.();
      }
    },
  };
}

test("a commit of this process that comes next is told without reading the log", async () => {
  const { told, reads, commits, settle } = followed();
  await settle();
  for (let count = 0; count < 3; count++) commits("this");
  expect(told).toEqual([]);
  await undefined;
  await undefined;
  expect(told).toEqual([1, 2, 3]);
  expect(reads).toEqual([]);
});

test("a commit of this process behind one of another is read from the log with it", async () => {
  const { told, commits, settle } = followed();
  await settle();
  commits("another");
  commits("this");
  commits("this");
  await settle();
  expect(told).toEqual([1, 2, 3]);
  commits("this");
  await settle();
  expect(told).toEqual([1, 2, 3, 4]);
});

test("what is committed while the log is read is told once", async () => {
  const { told, reads, commits, nudge, settle } = followed();
  await settle();
  nudge();
  await undefined;
  await undefined;
  expect(reads).toHaveLength(1);
  commits("this");
  commits("another");
  commits("this");
  await settle();
  expect(told).toEqual([1, 2, 3]);
});
