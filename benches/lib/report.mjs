/**
 * The page: BENCHMARKS.md, and the chart that it shows.
 *
 * @module
 */
import { themes } from "../operations/index.mjs";
import { scalingSection } from "../scaling.mjs";
import { chart } from "./chart.mjs";
import { machineLine, versionsLine } from "./machine.mjs";
import { markdownTable, readable, rowTable } from "./table.mjs";

/** @typedef {import("./group.mjs").Group} Group */
/** @typedef {import("./table.mjs").Row} Row */
/** @typedef {import("../growth.mjs").Growth} Growth */
/** @typedef {import("../scaling.mjs").Scaling} Scaling */

/** Where the chart is, from the page. */
export const chartFile = "benches/growth.svg";

const title = "What one operation costs, by the number of entries in the store";

/** @param {number} nanoseconds */
function cost(nanoseconds) {
  if (nanoseconds >= 1e6) return `${readable(nanoseconds / 1e6)} ms`;
  return nanoseconds >= 1e4 ? `${readable(nanoseconds / 1e3)} µs` : `${readable(nanoseconds)} ns`;
}

/** @param {readonly Growth[]} growth @param {readonly number[]} sizes */
export function growthTable(growth, sizes) {
  const head = ["operation", ...sizes.map((size) => size.toLocaleString("en")), "largest ÷ smallest"];
  return markdownTable(
    head,
    growth.map(({ name, nanoseconds }) => {
      const first = nanoseconds[0] ?? Number.NaN;
      const last = nanoseconds[nanoseconds.length - 1] ?? Number.NaN;
      return [name, ...nanoseconds.map(cost), readable(last / first)];
    }),
  );
}

/** What was measured, by what it is about. @param {readonly Growth[]} growth */
const byTheme = (growth) =>
  themes
    .map(({ title: theme, operations }) => ({
      title: theme,
      lines: growth.filter(({ name }) => operations.some((operation) => operation.name === name)),
    }))
    .filter(({ lines }) => lines.length > 0);

/** @param {readonly Growth[]} growth @param {readonly number[]} sizes */
export function growthChart(growth, sizes) {
  return chart({ title, caption: "Entries in the store; both axes logarithmic; medians", sizes, panels: byTheme(growth) });
}

/** How many rows have a target, and how many of these reach it. @param {readonly Row[]} rows */
export function score(rows) {
  const judged = rows.filter(({ verdict }) => verdict === "reached" || verdict === "missed");
  const unmeasured = rows.filter(({ verdict }) => verdict === "not measured").length;
  const reached = judged.filter(({ verdict }) => verdict === "reached").length;
  return `${reached} of ${judged.length} targets reached${unmeasured > 0 ? `, ${unmeasured} rows not measured` : ""}.`;
}

/** What each group does, those together that do the same. @param {readonly Group[]} groups */
function explained(groups) {
  /** @type {Map<string, string[]>} */
  const named = new Map();
  for (const { name, does } of groups) named.set(does, [...(named.get(does) ?? []), name]);
  return [...named].map(([does, names]) => `- **${names.join("**, **")}**: ${does}.`).join("\n");
}

/**
 * @param {{ rows: readonly Row[], groups: readonly Group[], growth: readonly Growth[], sizes: readonly number[], scaling?: readonly Scaling[], quick: boolean }} options
 */
export function page({ rows, groups, growth, sizes, scaling = [], quick }) {
  return `# Benchmarks

Written by \`npm run bench\`; do not edit. Every row says what it is compared with, and the rows that we lose stay.
${quick ? "\n**A quick run: sizes cut to at most 1,000 and two rounds, to show that the rows run. No figure here means anything.**\n" : ""}
- Machine: ${machineLine()}. It is shared: only ratios within a row mean anything.
- Versions: ${versionsLine()}. keyv is 5, since 6 needs Node 22.

${quick ? "" : `${score(rows)} What the limits of the others are, and why: [ARCHITECTURE.md](ARCHITECTURE.md#what-was-measured).\n\n`}## Beside others

Keys are short strings, values strings of 16 bytes unless a row says otherwise; both, and their order, are the same for all in a row.
Ours is a store as \`createStore()\` gives it, with its default memo. Figures are medians of rounds; the ratio is the median of the rounds' own ratios,
with its quartiles in brackets. Lower is better. A row without a target is there for comparison.

${rowTable(rows)}

## What each row does

${explained(groups)}

## How cost grows

${growthTable(growth, sizes)}

![${title}](${chartFile})

${growth.map(({ name, does }) => `- **${name}**: ${does}.`).join("\n")}

Keys lie in scopes of a hundred entries, \`scope17:key:42\`. One line should stay flat or rise as memory gets slower to reach: a store of a million
entries is far larger than the processor's caches, a store of a thousand lies in them.

${scalingSection(scaling)}
## How it is measured

- One process for all rows but memory and collection. The subjects of a row take turns, batch by batch, in an order drawn anew for each round;
  a first round warms up and does not count. tinybench takes the time of each batch; batches take milliseconds, in a loop that each subject has
  to itself. Before each, young garbage is collected, so that nobody pays for another's.
- Memory and collection: a process for each figure, forced full collections, three rounds in turns.
- Rivals are set up as their documents advise for the row: caches with the \`max\` of the row; lru-cache with \`ttl\` and, as it comes, without
  \`ttlAutopurge\`; node-cache with clones as it comes, without where the row says so; what gives promises is awaited.
- \`npm run bench -- --only "get, hot"\` runs the rows that match (a regular expression, also for the rival, as in \`"overwrite.*keyv"\`, and for
  \`growth: insert\`) and prints them; \`--quick\` runs every row at small sizes; \`--out folder\` writes the page and its chart there.
`;
}
