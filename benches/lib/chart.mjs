/**
 * Charts of lines on two logarithmic axes, one panel below the other, as SVG that is readable on light and on dark pages. Each line carries its name at
 * its right end, in its own colour, so that nobody has to look colours up in a legend.
 *
 * @module
 */
import { readable } from "./table.mjs";

/**
 * One line: its name, and a figure for each place on the x axis (none where it was not measured).
 *
 * @typedef {{ name: string, nanoseconds: readonly number[] }} Line
 */

/**
 * Lines that share their axes.
 *
 * @typedef {{ title: string, lines: readonly Line[] }} Panel
 */

/** Where a panel's lines are drawn. @typedef {{ top: number, bottom: number }} Place */

const width = 1_020;
const [left, right] = [72, width - 310];
/** Of a name at the end of a line. */
const labelHeight = 17;
/** Above the first panel, above and below the lines of each, and below the last. */
const margin = { head: 44, above: 34, below: 34, foot: 34 };
const leastHeight = 200;

/** Colours for light and for dark pages; when they run out, they come again with dashes. */
const colours = [
  ["#0b62c4", "#6cb2ff"],
  ["#c2410c", "#ff9a5c"],
  ["#15803d", "#5dd68a"],
  ["#8b2fc9", "#cf9bff"],
  ["#b91c4b", "#ff8aae"],
  ["#0e7490", "#52d3e8"],
  ["#8a6100", "#e5bd4a"],
  ["#4b5563", "#b6c0cc"],
];

const style = [
  ":root { --paper: #ffffff; --ink: #1f2937; --faint: #6b7280; --grid: #e5e7eb; }",
  ...colours.map(([light], at) => `.line${at} { --line: ${light}; }`),
  `@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --faint: #9aa4b0; --grid: #2a313b; } ${colours.map(([, dark], at) => `.line${at} { --line: ${dark}; }`).join(" ")} }`,
  "text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: var(--ink); }",
  ".title { font-size: 16px; font-weight: 600; }",
  ".panel { font-weight: 600; }",
  ".tick { fill: var(--faint); }",
  ".grid { stroke: var(--grid); stroke-width: 1; }",
  ".line { fill: none; stroke: var(--line); stroke-width: 2.2; stroke-linejoin: round; }",
  "circle { fill: var(--line); stroke: var(--paper); stroke-width: 1.5; }",
  ".leader { stroke: var(--line); stroke-width: 1; opacity: 0.6; }",
  ".name { fill: var(--line); font-weight: 600; }",
  ".dashed { stroke-dasharray: 6 4; }",
];

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** @param {number} nanoseconds */
function duration(nanoseconds) {
  if (nanoseconds >= 1e6) return `${readable(nanoseconds / 1e6).replace(/\.0+$/, "")} ms`;
  if (nanoseconds >= 1e3) return `${readable(nanoseconds / 1e3).replace(/\.0+$/, "")} µs`;
  return `${readable(nanoseconds).replace(/\.0+$/, "")} ns`;
}

/**
 * From a figure to its place between two ends, by its logarithm.
 *
 * @param {[number, number]} figures
 * @param {[number, number]} places
 */
function logarithmic([least, most], [from, to]) {
  const span = Math.log10(most) - Math.log10(least);
  return (/** @type {number} */ figure) => from + ((Math.log10(figure) - Math.log10(least)) / span) * (to - from);
}

/**
 * Moves places, in order, as little as keeps them a distance apart and within ends.
 *
 * @param {readonly number[]} wanted
 * @param {number} distance
 * @param {number} lowest
 * @param {number} highest
 */
export function spread(wanted, distance, lowest, highest) {
  const places = [...wanted];
  for (let pass = 0; pass < 400; pass++) {
    for (let at = 1; at < places.length; at++) {
      const [before = 0, after = 0] = [places[at - 1], places[at]];
      const overlap = distance - (after - before);
      if (overlap > 0) {
        places[at - 1] = before - overlap / 2;
        places[at] = after + overlap / 2;
      }
    }
    for (let at = 0; at < places.length; at++) {
      const room = [lowest + at * distance, highest - (places.length - 1 - at) * distance];
      places[at] = Math.min(Math.max(places[at] ?? 0, room[0] ?? 0), room[1] ?? 0);
    }
  }
  return places;
}

/** How high the lines of a panel are drawn: so that there is room for all names. @param {Panel} panel */
const heightOf = ({ lines }) => Math.max(leastHeight, lines.length * labelHeight);

/**
 * The charts of a page.
 *
 * @param {{ title: string, caption: string, sizes: readonly number[], panels: readonly Panel[] }} options
 * @returns {string}
 */
export function chart({ title, caption, sizes, panels }) {
  const parts = [];
  let bottom = margin.head;
  for (const panel of panels) {
    const top = bottom + margin.above;
    parts.push(...drawPanel(panel, sizes, { top, bottom: top + heightOf(panel) }));
    bottom = top + heightOf(panel) + margin.below;
  }
  const height = bottom + margin.foot;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>\n${style.join("\n")}\n</style>`,
    `<rect width="${width}" height="${height}" rx="8" style="fill: var(--paper)"/>`,
    `<text class="title" x="${left}" y="30">${escaped(title)}</text>`,
    ...parts,
    `<text class="tick" x="${left}" y="${height - 16}">${escaped(caption)}</text>`,
    "</svg>",
  ].join("\n")}\n`;
}

/**
 * One panel, with its axes.
 *
 * @param {Panel} panel
 * @param {readonly number[]} sizes
 * @param {Place} place
 */
function drawPanel({ title, lines }, sizes, { top, bottom }) {
  const figures = lines.flatMap(({ nanoseconds }) => nanoseconds);
  const least = 10 ** Math.floor(Math.log10(Math.min(...figures)));
  const most = Math.max(10 ** Math.ceil(Math.log10(Math.max(...figures))), least * 10);
  const x = logarithmic([Math.min(...sizes), Math.max(...sizes)], [left, right]);
  const y = logarithmic([least, most], [bottom, top]);
  const parts = [`<text class="panel" x="${left}" y="${top - 12}">${escaped(title)}</text>`];
  for (let decade = least; decade <= most * 1.001; decade *= 10) {
    const at = y(decade).toFixed(1);
    parts.push(`<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text class="tick" x="${left - 8}" y="${(y(decade) + 4).toFixed(1)}" text-anchor="end">${duration(decade)}</text>`);
  }
  for (const size of sizes) {
    const at = x(size).toFixed(1);
    parts.push(`<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>`);
    parts.push(`<text class="tick" x="${at}" y="${bottom + 18}" text-anchor="middle">${size.toLocaleString("en")}</text>`);
  }
  return [...parts, ...drawLines(lines, (size, figure) => [x(size), y(figure)], sizes, { top, bottom })];
}

/**
 * The lines of a panel and their names, those that end highest first.
 *
 * @param {readonly Line[]} lines
 * @param {(size: number, figure: number) => [number, number]} placeOf
 * @param {readonly number[]} sizes
 * @param {Place} place
 */
function drawLines(lines, placeOf, sizes, { top, bottom }) {
  const last = (/** @type {Line} */ { nanoseconds }) => nanoseconds[nanoseconds.length - 1] ?? Number.NaN;
  const byHeight = lines.map((line, at) => ({ line, at })).sort((a, b) => last(b.line) - last(a.line));
  const ends = byHeight.map(({ line }) => placeOf(sizes[sizes.length - 1] ?? Number.NaN, last(line))[1]);
  const names = spread(ends, labelHeight, top, bottom);
  return byHeight.flatMap(({ line, at }, rank) => {
    const dashed = at >= colours.length ? " dashed" : "";
    const points = sizes.map((size, index) => placeOf(size, line.nanoseconds[index] ?? Number.NaN).map((place) => place.toFixed(1)));
    const name = (names[rank] ?? 0) + 4;
    return [
      `<g class="line${at % colours.length}">`,
      `<polyline class="line${dashed}" points="${points.join(" ")}"/>`,
      ...points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="4"/>`),
      `<line class="leader${dashed}" x1="${right + 6}" y1="${ends[rank]?.toFixed(1)}" x2="${right + 22}" y2="${(name - 4).toFixed(1)}"/>`,
      `<text class="name" x="${right + 26}" y="${name.toFixed(1)}">${escaped(line.name)} · ${duration(last(line))}</text>`,
      "</g>",
    ];
  });
}
