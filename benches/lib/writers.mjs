/**
 * What rows of backends share: entries written durably, ours beside the client that the backend stands on, in three ways. Runs in Node and in a page.
 *
 * @module
 */
import { makeKeys, valueAt } from "./data.mjs";

/** @typedef {import("./group.mjs").Comparison} Comparison */
/** @typedef {import("./group.mjs").Group} Group */
/** @typedef {import("./group.mjs").Scale} Scale */
/** @typedef {import("./timing.mjs").Samples} Samples */
/** @typedef {import("./timing.mjs").Subject} Subject */
/** @typedef {import("holdall").BackedStore} BackedStore */
/** @typedef {readonly [key: string, value: string]} Pair */

/**
 * One who writes; all promises resolve when what was written is as durable as the medium makes it.
 *
 * @typedef {object} Writer
 * @property {(pair: Pair) => Promise<unknown>} commit Writes one entry.
 * @property {(pairs: readonly Pair[]) => Promise<unknown>} commitAll Writes all, atomically.
 */

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} does
 * @property {number} count How many entries a batch has.
 * @property {(writer: Writer, pairs: readonly Pair[]) => Promise<unknown>} run
 * @property {number} [atMost] What it may cost, as a multiple of the client used directly, for less work or the same.
 */

/** @type {Readonly<Record<"awaited" | "inFlight" | "together", Workload>>} */
export const workloads = {
  awaited: {
    name: "a commit, each awaited",
    does: "one writer overwrites entries of 100 bytes, and waits for each to be durable before the next",
    count: 100,
    async run(writer, pairs) {
      for (const pair of pairs) await writer.commit(pair);
    },
  },
  inFlight: {
    name: "a commit, 1,000 in flight",
    does: "a thousand single writes are begun at once and waited for together",
    count: 1_000,
    run: (writer, pairs) => Promise.all(pairs.map((pair) => writer.commit(pair))),
    atMost: 1.5,
  },
  together: {
    name: "an entry of setMany of 1,000",
    does: "a thousand entries are written as one atomic change; the client used directly: in one transaction or command",
    count: 1_000,
    run: (writer, pairs) => writer.commitAll(pairs),
  },
};

/** The entries that are overwritten: a hundred bytes each. @param {number} count @returns {Pair[]} */
export const makePairs = (count) => makeKeys(count).map((key, index) => [key, valueAt(index).padEnd(100, "·").slice(0, 100)]);

/** A store of ours. @param {BackedStore} store @returns {Writer} */
export const storeWriter = (store) => ({
  commit: ([key, value]) => store.setAndWait(key, value),
  commitAll(pairs) {
    store.setMany(pairs);
    return store.flush();
  },
});

/**
 * Subjects that do a workload with the same entries.
 *
 * @param {Workload} workload
 * @param {Readonly<Record<string, Writer>>} writers
 * @param {readonly Pair[]} pairs
 * @returns {Record<string, Subject>}
 */
export const subjectsOf = ({ run }, writers, pairs) =>
  Object.fromEntries(Object.entries(writers).map(([name, writer]) => [name, { async: true, run: () => run(writer, pairs) }]));

/**
 * A group for each workload, on one medium.
 *
 * @param {object} options
 * @param {string} options.medium What the rows are named by.
 * @param {string} options.client The client that the backend stands on.
 * @param {readonly Comparison[]} [options.more] Further rows of each workload.
 * @param {(workload: keyof typeof workloads, count: number, rounds: number) => Promise<Samples>} options.measure
 * @returns {Group[]}
 */
export const writerGroups = ({ medium, client, more = [], measure }) =>
  Object.entries(workloads).map(([key, { name, does, count, atMost }]) => ({
    name: `${medium}: ${name}`,
    does,
    unit: "µs",
    comparisons: [{ against: client }, ...more].map((comparison) => ({ ...comparison, ...(atMost === undefined ? {} : { atMost }) })),
    async measure(/** @type {Scale} */ scale) {
      const samples = await measure(
        /** @type {keyof typeof workloads} */ (key),
        scale.quick ? Math.min(count, 20) : count,
        scale.rounds(count < 1_000 ? 15 : 31),
      );
      return { samples };
    },
  }));
