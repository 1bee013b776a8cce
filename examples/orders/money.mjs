// @ts-check
/** Owns how money is shown: amounts are integer cents everywhere else. */

/**
 * An amount in euros, such as `€1,234.56`.
 *
 * @param {number} cents
 */
export function euros(cents) {
  const amount = Math.abs(cents);
  const whole = Math.floor(amount / 100).toLocaleString("en-US");
  return `${cents < 0 ? "-" : ""}€${whole}.${String(amount % 100).padStart(2, "0")}`;
}
