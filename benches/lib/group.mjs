/**
 * What a family of rows is made of: groups of subjects that are measured together, and the comparisons that become rows of the table.
 *
 * @module
 */

/** @typedef {import("./timing.mjs").Samples} Samples */

/** @typedef {"ns" | "µs" | "ms" | "bytes"} Unit */

/**
 * One row of the table: ours beside a rival, or alone where no rival can do it.
 *
 * @typedef {object} Comparison
 * @property {string} [ours] Whose figure is ours; default `holdall`.
 * @property {string} [against] The rival; none: the target is a figure.
 * @property {number} [atMost] The target: ours ÷ rival, or ours where there is no rival. None: shown for comparison.
 */

/**
 * How much of the work to do.
 *
 * @typedef {object} Scale
 * @property {boolean} quick Small sizes and few rounds: shows that rows run, and no figure of it means anything.
 * @property {(entries: number) => number} size The entries to take for this many.
 * @property {(rounds: number) => number} rounds The rounds to take for this many.
 */

/**
 * What came of a group: samples in nanoseconds or bytes, and why a subject has none.
 *
 * @typedef {{ samples: Samples, skipped?: string }} Measured
 */

/**
 * Subjects that are measured together.
 *
 * @typedef {object} Group
 * @property {string} name What `--only` looks for, and the table shows.
 * @property {string} does What is done, in one line.
 * @property {Unit} unit What the table shows figures in.
 * @property {readonly Comparison[]} comparisons
 * @property {(scale: Scale) => Promise<Measured>} measure
 */

/** @type {Scale} */
export const fullScale = { quick: false, size: (entries) => entries, rounds: (rounds) => rounds };

/** @type {Scale} */
export const quickScale = { quick: true, size: (entries) => Math.min(entries, 1_000), rounds: () => 2 };

/** @param {Group} group @param {Comparison} comparison */
export const rowName = (group, comparison) => (comparison.against === undefined ? group.name : `${group.name} | ${comparison.against}`);

/** Our own subject, where no other is named. */
export const holdall = "holdall";
