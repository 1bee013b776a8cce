/**
 * A chart of lines on two logarithmic axes, as SVG that is readable on light and on dark pages. Each line carries its name at its right end, in
 * its own colour, so that nobody has to look colours up in a legend.
 *
 * @module
 */
import { readable } from "./table.mjs";

/**
 * One line: its name, and a figure for each place on the x axis (none where it was not measured).
 *
 * @typedef {{ name: string, nanoseconds: readonly number[] }} Line
 */

const width = 1_020;
const height = 760;
const plot = { left: 72, right: width - 280, top: 56, bottom: height - 56 };
const labelHeight = 17;

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
  ".tick { fill: var(--faint); }",
  ".grid { stroke: var(--grid); stroke-width: 1; }",
  ".minor { stroke-opacity: 0.5; }",
  "polyline { fill: none; stroke: var(--line); stroke-width: 2.2; stroke-linejoin: round; }",
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

/**
 * @param {{ title: string, caption: string, sizes: readonly number[], lines: readonly Line[] }} options
 * @returns {string}
 */
export function chart({ title, caption, sizes, lines }) {
  const figures = lines.flatMap(({ nanoseconds }) => nanoseconds);
  const least = 10 ** Math.floor(Math.log10(Math.min(...figures)));
  const most = 10 ** Math.ceil(Math.log10(Math.max(...figures)));
  const x = logarithmic([Math.min(...sizes), Math.max(...sizes)], [plot.left, plot.right]);
  const y = logarithmic([least, most === least ? least * 10 : most], [plot.bottom, plot.top]);
  const point = (/** @type {number} */ size, /** @type {number} */ figure) => `${x(size).toFixed(1)},${y(figure).toFixed(1)}`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>\n${style.join("\n")}\n</style>`,
    `<rect width="${width}" height="${height}" rx="8" style="fill: var(--paper)"/>`,
    `<text class="title" x="${plot.left}" y="30">${escaped(title)}</text>`,
    `<text class="tick" x="${plot.left}" y="${height - 12}">${escaped(caption)}</text>`,
  ];
  for (let decade = least; decade <= most * 1.001; decade *= 10) {
    const at = y(decade).toFixed(1);
    parts.push(`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text class="tick" x="${plot.left - 8}" y="${(y(decade) + 4).toFixed(1)}" text-anchor="end">${duration(decade)}</text>`);
    for (let times = 2; times < 10 && decade < most; times++) {
      const minor = y(decade * times).toFixed(1);
      parts.push(`<line class="grid minor" x1="${plot.left}" x2="${plot.right}" y1="${minor}" y2="${minor}"/>`);
    }
  }
  for (const size of sizes) {
    const at = x(size).toFixed(1);
    parts.push(`<line class="grid" x1="${at}" x2="${at}" y1="${plot.top}" y2="${plot.bottom}"/>`);
    parts.push(`<text class="tick" x="${at}" y="${plot.bottom + 20}" text-anchor="middle">${size.toLocaleString("en")}</text>`);
  }
  const last = (/** @type {Line} */ { nanoseconds }) => nanoseconds[nanoseconds.length - 1] ?? least;
  const byHeight = lines.map((line, at) => ({ line, at })).sort((a, b) => last(b.line) - last(a.line));
  const wanted = byHeight.map(({ line }) => y(last(line)));
  const places = spread(wanted, labelHeight, plot.top, plot.bottom);
  for (const [rank, { line, at }] of byHeight.entries()) {
    const dashed = at >= colours.length ? ' class="dashed"' : "";
    const end = (wanted[rank] ?? 0).toFixed(1);
    const place = places[rank] ?? 0;
    const points = sizes.map((size, index) => point(size, line.nanoseconds[index] ?? Number.NaN));
    parts.push(
      `<g class="line${at % colours.length}">`,
      `<polyline${dashed} points="${points.join(" ")}"/>`,
      ...points.map((xy) => `<circle cx="${xy.split(",")[0]}" cy="${xy.split(",")[1]}" r="4"/>`),
      `<line class="leader${dashed === "" ? "" : " dashed"}" x1="${plot.right + 6}" y1="${end}" x2="${plot.right + 22}" y2="${place.toFixed(1)}"/>`,
      `<text class="name" x="${plot.right + 26}" y="${(place + 4).toFixed(1)}">${escaped(line.name)} · ${duration(last(line))}</text>`,
      "</g>",
    );
  }
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}
