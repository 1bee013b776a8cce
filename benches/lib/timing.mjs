/**
 * Timing: the subjects of a row take turns, batch by batch.
 *
 * tinybench takes the time. By itself it runs one task to its end and then the next (its `concurrency: "bench"` starts them all at once and
 * does not keep them apart), so that whatever the machine does meanwhile falls on one of them. Here each task is run for one sample at a
 * time, in an order drawn anew for each round. Its own overhead is about a microsecond a sample, so a sample is a batch of many operations,
 * milliseconds long, in a loop of the subject's own, which the compiler can make as good as in a program that does nothing else.
 *
 * @module
 */
import { Bench } from "tinybench";
import { shuffle } from "./data.mjs";

/**
 * One who does the work of a row.
 *
 * @typedef {object} Subject
 * @property {() => unknown} run Does one batch; a promise is waited for.
 * @property {number} [count] How many operations a batch has; default: the row's.
 * @property {boolean} [async] Whether `run` gives a promise.
 * @property {() => void | Promise<void>} [before] Not timed, before each batch.
 * @property {() => void | Promise<void>} [after] Not timed, after each batch.
 */

/**
 * The samples of each subject, in the order of rounds.
 *
 * @typedef {Map<string, number[]>} Samples
 */

/**
 * Nanoseconds an operation, for each subject and round. The first round warms up and does not count.
 *
 * @param {Readonly<Record<string, Subject>>} subjects
 * @param {{ count: number, rounds: number }} options
 * @returns {Promise<Samples>}
 */
export async function interleave(subjects, { count, rounds }) {
  const bench = new Bench({ warmup: false, time: 0, iterations: 1, throws: true });
  for (const [name, { run, async = false, before, after }] of Object.entries(subjects)) {
    const beforeEach = async () => {
      await before?.();
      // What others have left behind is not this one's to collect.
      collectYoung();
    };
    const afterEach = async () => after?.();
    bench.add(name, run, { async, beforeEach, afterEach });
  }
  /** @type {Samples} */
  const samples = new Map(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const task of shuffle(bench.tasks)) {
      await task.run();
      const { result } = task;
      if (result.state !== "completed") throw new Error(`${task.name} did not complete`);
      const nanoseconds = (result.latency.mean * 1e6) / (subjects[task.name]?.count ?? count);
      if (round > 0) samples.get(task.name)?.push(nanoseconds);
      task.reset();
    }
  }
  return samples;
}

/** Collects what is young, where the process was started with `--expose-gc`. */
function collectYoung() {
  globalThis.gc?.({ type: "minor", execution: "sync" });
}

/** Collects everything, where the process was started with `--expose-gc`. */
export function collectAll() {
  globalThis.gc?.();
  globalThis.gc?.();
}
