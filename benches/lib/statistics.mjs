/**
 * Medians and quartiles: machines are shared, so means and extremes say more about the neighbours than about the code.
 *
 * @module
 */

/**
 * The number below which a share of the samples lies, between neighbours by proportion.
 *
 * @param {readonly number[]} samples
 * @param {number} share
 */
export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** @param {readonly number[]} samples */
export const median = (samples) => quantile(samples, 0.5);

/**
 * Ours ÷ rival, round by round: what was measured within moments of each other is compared, so that a machine that is slow for a while is slow
 * for both.
 *
 * @param {readonly number[]} ours
 * @param {readonly number[]} rival
 */
export function ratios(ours, rival) {
  const rounds = Math.min(ours.length, rival.length);
  return Array.from({ length: rounds }, (_, round) => (ours[round] ?? Number.NaN) / (rival[round] ?? Number.NaN));
}
