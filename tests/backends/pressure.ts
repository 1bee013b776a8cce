/**
 * What a store does under more writes than its backend can take at once.
 *
 * `HOLDALL_PRESSURE_WRITES` says how many (default 20,000; 100,000 before a release).
 *
 * @module
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import type { Backend } from "../../ts/backends/backend.js";
import { type BackedStore, openStore } from "../../ts/index.js";

/** How many writes are made. */
export const writes = Number(process.env.HOLDALL_PRESSURE_WRITES ?? 20_000);

/** How long that may take on a machine that others use. */
export const patience = 240_000 + writes * 5;

/** So many keys are written in turn, so that the store does not grow. */
const keys = 1_000;

/** Bytes of a value. */
const valueBytes = 2_000;

/** What memory may grow by while nothing that is kept does, for garbage and what engines and clients keep for later: half of what is written, however much that is. */
const mostGrowth = Math.min(24 * 2 ** 20, (writes * 0.75 * valueBytes) / 2);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use by JavaScript and what it holds, the engine's memory included, once what is garbage has gone. */
async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Counts how often the event loop turns. */
function countTurns(): { end(): number } {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  return {
    end() {
      clearImmediate(next);
      return turns;
    },
  };
}

const valueAt = (at: number) => `${at}:${"x".repeat(valueBytes)}`;

/** Writes as long as `writable` lets it, and holds the backlog, the memory and what arrives to what is promised. Prints the figures. */
export async function writesInStep(backend: Backend, options: { readonly maxBacklogBytes: number }): Promise<void> {
  const store = await openStore({ backend, name: "in step", ...options });
  const bound = options.maxBacklogBytes;
  const write = async (from: number, to: number): Promise<number> => {
    let most = 0;
    for (let at = from; at < to; at++) {
      await store.writable();
      store.set(`key:${at % keys}`, valueAt(at));
      if (at % 64 === 0) most = Math.max(most, store.status.backlog);
    }
    return most;
  };
  // Buffers and tables find their size first.
  await write(0, writes / 4);
  await store.flush();
  const before = await bytesInUse();
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const turns = countTurns();
  const began = performance.now();
  const most = await write(writes / 4, writes);
  // Others get their turn all along, not only when half of the backlog is full.
  expect(turns.end()).toBeGreaterThan(writes / 1_000);
  await store.flush();
  const took = performance.now() - began;
  delays.disable();
  const growth = (await bytesInUse()) - before;
  const milliseconds = (nanoseconds: number) => Math.round(nanoseconds / 1e5) / 10;
  console.log(
    `${backend.kind}: ${writes * 0.75} writes in step in ${Math.round(took)} ms, at most ${most} of ${bound} bytes waiting; event loop delay ` +
      `median ${milliseconds(delays.percentile(50))}, 99% ${milliseconds(delays.percentile(99))}, worst ${milliseconds(delays.max)} ms; memory ${growth} bytes more`,
  );
  expect(most).toBeGreaterThan(0);
  // More was written than may wait at once, so that the bound can be passed.
  expect(writes * 0.75 * valueBytes).toBeGreaterThan(4 * bound);
  expect(most).toBeLessThanOrEqual(bound);
  // A loop that lets nobody else have a turn has one delay, as long as it takes.
  expect(delays.percentile(99) / 1e6).toBeLessThan(Math.max(500, took / 2));
  expect(growth).toBeLessThan(mostGrowth);
  expect(store.status.backlog).toBe(0);
  await arrived(backend, "in step", new Map(Array.from({ length: Math.min(keys, writes) }, (_, index) => lastOf(index, writes))));
  await store.close();
}

/** Writes without looking until it is refused, again and again, and holds it to lose nothing that was accepted. */
export async function outruns(backend: Backend, maxBacklogBytes: number): Promise<void> {
  const store: BackedStore = await openStore({ backend, name: "outrun", maxBacklogBytes });
  const accepted = new Map<string, string>();
  let refusals = 0;
  for (let at = 0; at < writes / 2; at++) {
    try {
      store.set(`key:${at % keys}`, valueAt(at));
      accepted.set(`key:${at % keys}`, valueAt(at));
    } catch (error) {
      expect(error).toMatchObject({ code: "BACKLOG_FULL" });
      // What was refused is not shown either.
      expect(store.get(`key:${at % keys}`)).toBe(accepted.get(`key:${at % keys}`));
      expect(store.status.backlog).toBeLessThanOrEqual(maxBacklogBytes);
      refusals += 1;
      await store.writable();
    }
  }
  await store.flush();
  console.log(`${backend.kind}: ${writes / 2} writes without looking, ${refusals} refused for a backlog of ${maxBacklogBytes} bytes`);
  expect(refusals).toBeGreaterThan(0);
  await arrived(backend, "outrun", accepted);
  await store.close();
}

function lastOf(index: number, count: number): [string, string] {
  const at = index + keys * Math.floor((count - 1 - index) / keys);
  return [`key:${index}`, valueAt(at)];
}

/** Another replica has the very same. */
async function arrived(backend: Backend, name: string, expected: ReadonlyMap<string, string>): Promise<void> {
  const other = await openStore({ backend, name });
  expect(new Map(other.entries())).toEqual(new Map([...expected].sort(([one], [two]) => (one < two ? -1 : 1))));
  await other.close();
}
