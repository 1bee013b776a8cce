/**
 * A process that writes may be killed at any moment: every commit that was acknowledged is there, whole, and none is there by half.
 *
 * `HOLDALL_KILLS` sets how often (default 12); 200 and more run before a release.
 */
import { expect, test } from "vitest";
import type { StoredEntry } from "../../../../ts/backends/entries.js";
import { file } from "../../../../ts/backends/file/index.js";
import { textOf } from "../../../../ts/testing/suites/backend/trial.js";
import { ended, newFolder, openReplica, program } from "./support.js";

const kills = Number(process.env.HOLDALL_KILLS ?? 12);

test(
  `kill -9 at ${kills} random moments loses nothing that was acknowledged`,
  async () => {
    const start = await program("writer");
    const path = newFolder();
    let acknowledged = -1;
    for (let round = 0; round < kills; round++) {
      const child = start(path, `writer-${round}`, String(acknowledged + 1));
      const lines = await untilKilled(child, Math.floor(Math.random() * 60) + 1);
      acknowledged = Math.max(acknowledged, ...lines);

      const backend = file({ path });
      const replica = await openReplica(backend);
      const texts = await replica.texts();
      let latest = -1;
      for (let at = 0; at < 50; at++) {
        expect(texts[`left:${at}`]).toBe(texts[`right:${at}`]);
        latest = Math.max(latest, Number.parseInt(texts[`left:${at}`] ?? "-1", 10));
      }
      // One more may be there: the kill came between the disk and the answer.
      expect(latest - acknowledged, `round ${round}`).toBeGreaterThanOrEqual(0);
      expect(latest - acknowledged, `round ${round}`).toBeLessThanOrEqual(1);
      const log = replica.follow(0);
      const { number } = await replica.store.head();
      await log.reaches(number);
      // Each commit has the next number, and none is missing as far back as the log reaches.
      expect(number).toBe(latest + 1);
      const numbers = log.commits.map((commit) => commit.number);
      expect(numbers).toEqual(Array.from(numbers, (_, at) => number - numbers.length + 1 + at));
      acknowledged = latest;
      await backend.close();
    }
  },
  kills * 20_000 + 60_000,
);

test(
  `kill -9 at ${kills} random moments of a store with many writes on their way loses nothing that was acknowledged`,
  async () => {
    const start = await program("burst");
    const path = newFolder();
    let acknowledged = -1;
    for (let round = 0; round < kills; round++) {
      const child = start(path, String(acknowledged + 1));
      acknowledged = Math.max(acknowledged, ...(await untilKilled(child, Math.floor(Math.random() * 60) + 1)));

      const backend = file({ path });
      const replica = await openReplica(backend);
      const entries = await replica.entries();
      let latest = -1;
      for (let at = 0; at < 50; at++) {
        const [left, right] = [entries.get(`left:${at}`), entries.get(`right:${at}`)];
        // Of one commit, by what they hold and by its number.
        expect(left?.value).toEqual(right?.value);
        expect(left?.number).toBe(right?.number);
        latest = Math.max(latest, numberIn(left));
      }
      expect(latest, `round ${round}`).toBeGreaterThanOrEqual(acknowledged);
      // In their order: all before the last one that is there are there.
      for (let at = Math.max(0, latest - 49); at <= latest; at++) {
        expect(numberIn(entries.get(`left:${at % 50}`)), `round ${round}`).toBe(at);
      }
      acknowledged = latest;
      await backend.close();
    }
  },
  kills * 20_000 + 60_000,
);

/** The number that the text of an entry begins with; -1 where there is none. */
function numberIn(entry: StoredEntry | undefined): number {
  return entry === undefined ? -1 : Number.parseInt(textOf(entry.value), 10);
}

/** Kills a process some time after it has acknowledged so many commits, in the midst of whatever it does; returns what it acknowledged. */
async function untilKilled(
  child: Awaited<ReturnType<typeof program>> extends (...parameters: string[]) => infer Child ? Child : never,
  after: number,
) {
  let output = "";
  child.stdout?.on("data", (data: Buffer) => {
    output += data;
    if (output.split("\n").length > after) setTimeout(() => child.kill("SIGKILL"), Math.random() * 8);
  });
  await ended(child);
  return output.split("\n").slice(0, -1).map(Number);
}
