/**
 * Two processes share the nodes of runs, and one of them is killed again and again: the same on every backend that they can share.
 *
 * @module
 */
import { join } from "node:path";
import { expect } from "vitest";
import type { Place } from "./place.js";
import { newSeed, readJournal, seeded, upTo, type Worker, type Workers } from "./processes.js";
import { flaky } from "./thirty.js";
import { expectDone, expectWhole, lookingAt, runsIn } from "./trail.js";

/** How many processes there are at a time. */
const width = 2;

/** How long a dead one's nodes wait. Longer than a busy machine has a living one stand still: what that executes late would be executed twice. */
const lease = 5_000;

/** Kills one of the processes so many times, each time in the midst of runs that others take part in; none is started again by its name. */
export async function killWorkersAtRandom(workers: Workers, place: Place, kills: number): Promise<void> {
  const seed = newSeed();
  const random = seeded(seed);
  const journal = join(workers.folder(), "journal");
  let started = 0;
  const start = () => {
    const name = `w${started++}`;
    // Each begins a run, so that there is always one under way.
    return { name, worker: workers.start({ place, journal, worker: name, lease, runs: [`of-${name}`], stays: true }) };
  };
  const alive: { readonly name: string; readonly worker: Worker }[] = [];
  const killed = new Set<string>();
  try {
    for (let count = 0; count < width; count += 1) alive.push(start());
    for (let kill = 0; kill < kills; kill += 1) {
      const newest = alive.at(-1) ?? expect.fail("nobody is alive");
      await newest.worker.executes(upTo(20, random));
      await new Promise((resolve) => setTimeout(resolve, random() * 4));
      const [victim] = alive.splice(upTo(alive.length, random) - 1, 1);
      if (await victim?.worker.kill()) killed.add(victim?.name ?? "");
      alive.push(start());
    }
    await waitForAll(place, started);
    for (const { worker } of alive) await worker.kill();
    await lookingAt(place, (reader) => {
      expect(runsIn(reader)).toHaveLength(started);
      for (const id of runsIn(reader)) expectDone(reader, id, journal);
    });
    const taken = takenOver(journal, killed);
    console.info(`${killed.size} kills, ${started} runs, ${taken} nodes taken over from the dead, seed ${seed}`);
    expect(killed.size).toBe(kills);
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

/** How many nodes one of the dead had begun and another executed for good, leaving out those that fail the first time anyway. */
function takenOver(journal: string, dead: ReadonlySet<string>): number {
  const begun = new Map<string, Set<string>>();
  for (const { run, instance, worker } of readJournal(journal)) {
    if (flaky.includes(instance)) continue;
    const by = begun.get(`${run} ${instance}`) ?? new Set();
    begun.set(`${run} ${instance}`, by.add(worker));
  }
  return [...begun.values()].filter((by) => by.size > 1 && [...by].some((worker) => dead.has(worker))).length;
}
