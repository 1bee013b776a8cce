/**
 * Rows of the tables: what was measured, compared and judged, as text in Markdown.
 *
 * @module
 */
import { holdall } from "./group.mjs";
import { median, quantile, ratios } from "./statistics.mjs";

/** @typedef {import("./group.mjs").Group} Group */
/** @typedef {import("./group.mjs").Comparison} Comparison */
/** @typedef {import("./group.mjs").Measured} Measured */
/** @typedef {import("./group.mjs").Unit} Unit */

/**
 * One row, judged. `ratio` is the median of ours ÷ rival over the rounds, with its quartiles; where there is no rival, ours itself is judged.
 *
 * @typedef {object} Row
 * @property {string} operation
 * @property {string} ours
 * @property {string} rival
 * @property {string} ratio
 * @property {string} atMost
 * @property {"reached" | "missed" | "not measured" | ""} verdict
 */

/** How many of what is measured make one of a unit. */
const perUnit = { ns: 1, µs: 1e3, ms: 1e6, bytes: 1 };

/**
 * A figure as people read it: three digits, without more of them than mean something.
 *
 * @param {number} figure
 */
export function readable(figure) {
  if (!Number.isFinite(figure)) return "–";
  if (figure >= 100) return Math.round(figure).toLocaleString("en");
  if (figure >= 10) return figure.toFixed(1);
  if (figure >= 1) return figure.toFixed(2);
  return figure === 0 ? "0" : figure.toFixed(1 - Math.floor(Math.log10(figure)));
}

/**
 * @param {Group} group
 * @param {Comparison} comparison
 * @param {Measured} measured
 * @returns {Row}
 */
export function judge({ name, unit }, { ours = holdall, against, atMost }, { samples, skipped = "not measured" }) {
  const operation = `${name}, ${unit}`;
  const target = atMost === undefined ? "" : String(atMost);
  const mine = samples.get(ours);
  const rivals = against === undefined ? undefined : samples.get(against);
  const figure = (/** @type {readonly number[]} */ of) => median(of) / perUnit[unit];
  const label = (/** @type {string} */ who, /** @type {readonly number[] | undefined} */ of) =>
    of === undefined ? who : `${who} ${readable(figure(of))}`;
  const variant = ours === holdall ? "" : `${ours.replace(/^holdall,? */, "")}: `;
  const rival = against === undefined ? "" : label(against, rivals);
  if (mine === undefined || (against !== undefined && rivals === undefined)) {
    return {
      operation,
      ours: mine === undefined ? skipped : readable(figure(mine)),
      rival,
      ratio: "–",
      atMost: target,
      verdict: "not measured",
    };
  }
  const all = rivals === undefined ? [figure(mine)] : ratios(mine, rivals);
  const middle = median(all);
  const ratio = rivals === undefined ? "" : `${readable(middle)} (${readable(quantile(all, 0.25))}–${readable(quantile(all, 0.75))})`;
  const verdict = atMost === undefined ? "" : middle <= atMost ? "reached" : "missed";
  return { operation, ours: `${variant}${readable(figure(mine))}`, rival, ratio, atMost: target, verdict };
}

/**
 * A table in Markdown.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} lines
 */
export function markdownTable(head, lines) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...lines.map(line)].join("\n");
}

/** @param {readonly Row[]} rows */
export function rowTable(rows) {
  const head = ["operation", "ours", "rival", "ours ÷ rival (quartiles)", "at most", ""];
  return markdownTable(
    head,
    rows.map(({ operation, ours, rival, ratio, atMost, verdict }) => [
      operation,
      ours,
      rival,
      ratio,
      atMost,
      verdict === "missed" ? "**missed**" : verdict,
    ]),
  );
}
