/**
 * What trials of random lives have in common: seeds, a time of their own, and calls that must come to an end.
 *
 * A life goes by its seed alone. Timers and dates are its own and pass when it says so, and chance is drawn from the seed, also that of the product: the same
 * seed plays the same life on any machine, and pauses cost nothing. That something waits for ever is told by this time too.
 *
 * @module
 */
import { setImmediate as drained } from "node:timers/promises";
import { vi } from "vitest";
import { memory } from "../../../ts/backends/memory/index.js";
import { HoldallError } from "../../../ts/index.js";
import type { OpenStore } from "../../../ts/opener.js";
import { seeded } from "../../seeded.js";

/** When each life begins. */
const beginning = 1_700_000_000_000;

/** Nothing takes so many milliseconds of a life's own time, unless it waits for ever: that is many times as long as the longest pause between tries. */
const patience = 120_000;

/** Lives to play: from a seed on, so many. */
export interface Lives {
  /** The seed of the first one; the others have those that follow. */
  readonly seed: number;
  /** How many. */
  readonly count: number;
  /** How the environment variables begin that ask for other ones. */
  readonly variable: string;
  /** How long they may take at most, in milliseconds, on a machine that others use. */
  readonly timeout: number;
}

/** The lives that the environment asks for, by `…_SEED` and `…_LIVES`; any, and so many, where it does not. */
export function livesOf(variable: string, fewest: number): Lives {
  const seed = Number(process.env[`${variable}_SEED`] ?? Math.floor(Math.random() * 2 ** 31));
  const count = Number(process.env[`${variable}_LIVES`] ?? fewest);
  return { seed, count, variable, timeout: 240_000 + count * 5_000 };
}

/** Plays lives on the stores that are opened so, each in its own time, and tells how to play the one again that fails. */
export async function playLives(
  { seed, count, variable }: Lives,
  openStore: OpenStore,
  play: (seed: number, openStore: OpenStore) => Promise<void>,
): Promise<void> {
  // The engine is loaded and compiled by what takes its time from nobody's life.
  await (await openStore({ backend: memory() })).close();
  for (let life = seed; life < seed + count; life++) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: beginning });
    const chance = vi.spyOn(Math, "random").mockImplementation(seeded(~life));
    try {
      await play(life, openStore);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\nplay it again: ${variable}_SEED=${life} ${variable}_LIVES=1`, {
        cause: error,
      });
    } finally {
      chance.mockRestore();
      vi.useRealTimers();
    }
  }
}

/** Lets a millisecond pass, and all come that comes of it. */
export async function tick(): Promise<void> {
  vi.advanceTimersByTime(1);
  await drained();
}

/** Lets a span pass at once, as for a machine that was asleep. */
export async function leap(span: number): Promise<void> {
  vi.advanceTimersByTime(span);
  await drained();
}

/** What a call comes to, when as much time has passed as it takes. */
export async function outcome<T>(call: Promise<T>, what: string): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  call.then(settle, settle);
  for (let passed = 0; !isSettled; passed++) {
    if (passed > patience) throw new Error(`${what} waits for ever`);
    await tick();
  }
  return call;
}

/** The code of an error of the library. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof HoldallError ? error.code : undefined;
}

/** Calls that are on their way, each of which must come to an end in a way that is allowed. */
export class Calls {
  readonly #calls: { readonly what: string; readonly settled: Promise<unknown> }[] = [];

  /** Adds a call, which is fulfilled, or rejected with one of the codes that are allowed. */
  add(what: string, call: Promise<unknown>, allowed: readonly string[] = []): void {
    const settled = call.catch((error: unknown) => {
      const code = codeOf(error);
      if (code === undefined || !allowed.includes(code)) throw new Error(`${what} came to ${error}`, { cause: error });
    });
    settled.catch(() => {});
    this.#calls.push({ what, settled });
  }

  /** Resolves when all have come to an end, those that are added meanwhile too; rejects with what one of them must not come to. */
  async settled(): Promise<void> {
    for (let next = this.#calls.shift(); next !== undefined; next = this.#calls.shift()) await outcome(next.settled, next.what);
  }
}
