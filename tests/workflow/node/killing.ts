/**
 * A process works on one run after the other, and is killed and started again: the same on every backend that survives it.
 *
 * @module
 */
import { join } from "node:path";
import { expect } from "vitest";
import { seeded } from "../../seeded.js";
import type { Place } from "./place.js";
import { newSeed, upTo, type Workers } from "./processes.js";
import { expectDone, expectLast, expectWhole, lookingAt, runsIn } from "./trail.js";

/** How many executions there may be between two kills: some more than one run has. */
const mostExecutions = 60;

/** Kills the process so many times, looks at what it leaves each time, and has all runs come to their ends. */
export async function killAtRandom(workers: Workers, place: Place, kills: number): Promise<void> {
  const seed = newSeed();
  const random = seeded(seed);
  const journal = join(workers.folder(), "journal");
  let begun: string[] = [];
  let killed = 0;
  /** What was seen to be completed, by run. */
  const seen = new Map<string, ReadonlyMap<string, string>>();
  try {
    while (killed < kills) {
      // Runs that were cut off come first; there is always one more than a process can finish.
      const runs = [...begun, ...Array.from({ length: 3 }, (_, at) => `r${killed}-${at}`)];
      const worker = workers.start({ place, journal, worker: "only", lease: 30_000, runs });
      await worker.executes(upTo(mostExecutions, random));
      await new Promise((resolve) => setTimeout(resolve, random() * 4));
      if (await worker.kill()) killed += 1;
      begun = await lookingAt(place, (reader) => {
        const present = runsIn(reader);
        const going: string[] = [];
        for (const id of present) {
          const { status, marks } = expectWhole(reader, id);
          // What had completed is what it was: no other execution has taken its place.
          for (const [instance, mark] of seen.get(id) ?? []) expect([id, instance, marks.get(instance)]).toEqual([id, instance, mark]);
          expectLast(id, marks, journal);
          seen.set(id, marks);
          if (status !== "completed") going.push(id);
        }
        return going;
      });
    }
    const worker = workers.start({ place, journal, worker: "only", lease: 30_000, runs: begun });
    await worker.end();
    await lookingAt(place, (reader) => {
      const all = runsIn(reader);
      expect(all.length).toBeGreaterThan(0);
      for (const id of all) expectDone(reader, id, journal);
      console.info(`${killed} kills, ${all.length} runs, seed ${seed}`);
    });
  } catch (error) {
    console.error(`HOLDALL_RUN_SEED=${seed}`);
    throw error;
  }
}
