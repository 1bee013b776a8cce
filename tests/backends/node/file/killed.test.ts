/**
 * A process that writes may be killed at any moment: every commit that was acknowledged is there, whole, and none is there by half.
 *
 * `HOLDALL_KILLS` sets how often (default 12); 200 and more run before a release.
 */
import { expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
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
      expect(log.commits.length).toBe(latest + 1);
      acknowledged = latest;
      await backend.close();
    }
  },
  kills * 10_000 + 30_000,
);

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
