/**
 * Two processes share the nodes of runs, and one of them is killed again and again: the same on every backend that they can share.
 *
 * @module
 */
import { join } from "node:path";
import { expect } from "vitest";
import type { Reader } from "../../../ts/index.js";
import type { NodeRecord } from "../../../ts/workflow/index.js";
import { seeded } from "../../seeded.js";
import type { Place } from "./place.js";
import { newSeed, upTo, type Worker, type Workers } from "./processes.js";
import { expectDone, expectWhole, lookingAt, runsIn } from "./trail.js";

/** How many processes there are at a time. */
const width = 2;

/** How long a dead one's nodes wait. Longer than a busy machine has a living one stand still: what that executes late would be executed twice. */
const lease = 10_000;

/** How often to begin again where no victim had anything in hand: what it was at was done, or others had all of it. */
const mostRounds = 5;

/** Kills one of the processes so many times, each time in the midst of runs that others take part in; none is started again by its name. */
export async function killWorkersAtRandom(workers: Workers, place: Place, kills: number): Promise<void> {
  const seed = newSeed();
  const random = seeded(seed);
  const journal = join(workers.folder(), "journal");
  let started = 0;
  const start = () => {
    const name = `w${started++}`;
    // Each begins a run, so that there is always one under way.
    return workers.start({ place, journal, worker: name, lease, runs: [`of-${name}`], stays: true });
  };
  const alive: Worker[] = [];
  let killed = 0;
  let taken = 0;
  try {
    for (let count = 0; count < width; count += 1) alive.push(start());
    let rounds = 0;
    for (; rounds < mostRounds && taken === 0; rounds += 1) {
      for (let kill = 0; kill < kills; kill += 1) {
        const newest = alive.at(-1) ?? expect.fail("nobody is alive");
        // The others may be faster, and leave it fewer.
        await Promise.race([newest.executes(upTo(20, random)), new Promise((resolve) => setTimeout(resolve, 3_000))]);
        await new Promise((resolve) => setTimeout(resolve, random() * 4));
        // Every other time the one that is known to be in the midst of a run.
        const [victim] = alive.splice(kill % 2 === 0 ? -1 : upTo(alive.length, random) - 1, 1);
        if (await victim?.kill()) killed += 1;
        alive.push(start());
      }
      await waitForAll(place, started);
      taken = await lookingAt(place, takenOver);
    }
    for (const worker of alive) await worker.kill();
    await lookingAt(place, (reader) => {
      expect(runsIn(reader)).toHaveLength(started);
      for (const id of runsIn(reader)) expectDone(reader, id, journal);
    });
    console.info(`${killed} kills, ${started} runs, ${taken} nodes taken over from the dead, seed ${seed}`);
    expect(killed).toBe(rounds * kills);
    expect(taken).toBeGreaterThan(0);
  } catch (error) {
    console.error(`HOLDALL_RUN_SEED=${seed}`);
    throw error;
  }
}

/** Waits until so many runs have completed; each look finds all of them whole. */
async function waitForAll(place: Place, count: number): Promise<void> {
  for (let isDone = false; !isDone; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    isDone = await lookingAt(place, (reader) => {
      const standing = runsIn(reader).map((id) => expectWhole(reader, id).status);
      return standing.length === count && standing.every((status) => status === "completed");
    });
  }
}

/** How many nodes were begun more often than they were tried: somebody who had them was gone. */
function takenOver(reader: Reader): number {
  const records = runsIn(reader).flatMap((id) => [...reader.scope("run").scope("thirty").scope(id).scope("node").values<NodeRecord>()]);
  return records.filter(({ starts, attempt }) => starts > attempt).length;
}
