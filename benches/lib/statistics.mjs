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
 * The quartiles of ours ÷ rival, round by round: what was measured next to each other is compared.
 *
 * @param {readonly number[]} ours
 * @param {readonly number[]} rival
 * @returns {[number, number]}
 */
export function ratioQuartiles(ours, rival) {
  const rounds = Math.min(ours.length, rival.length);
  const ratios = Array.from({ length: rounds }, (_, round) => (ours[round] ?? Number.NaN) / (rival[round] ?? Number.NaN));
  return [quantile(ratios, 0.25), quantile(ratios, 0.75)];
}
