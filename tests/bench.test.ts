/**
 * The bench says what it was asked for: every target has its row, rows that match run and make a table that is well formed, and figures are
 * judged by medians. No time is checked here.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore } from "holdall";
import { describe, expect, it, vi } from "vitest";
import { chart, spread } from "../benches/lib/chart.mjs";
import type { Group } from "../benches/lib/group.mjs";
import { page } from "../benches/lib/report.mjs";
import { judge } from "../benches/lib/table.mjs";
import { operations } from "../benches/operations/index.mjs";
import { groups } from "../benches/rows/index.mjs";

// Rows that run small are many, and each has its rivals: on a machine that others use it takes minutes.
vi.setConfig({ testTimeout: 900_000 });

const root = join(import.meta.dirname, "..");
const command = ["--expose-gc", "benches/run.mjs", "--quick"];

/** The cells of the lines of a table in Markdown, without head and rule. */
const cellsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.slice(2, -2).split(" | "))
    .filter(([first]) => first !== "---");

/** What the engine is held to: the operation, its rival, and the ratio at most. */
const targets: readonly [string, string, number][] = [
  ["get, hot, 1,000 entries", "Map", 1.5],
  ["get, hot, 1,000 entries", "lru-cache with ttl", 0.8],
  ["get, hot, 100,000 entries", "Map", 1.5],
  ["get, hot, 100,000 entries", "lru-cache with ttl", 0.8],
  ["scoped get, 10 scopes of 100 entries", "prefix concat + lru-cache", 0.35],
  ["get of a small object, 1,000 entries", "node-cache as it comes (clones)", 0.1],
  ["get of a small object, 1,000 entries", "keyv", 0.05],
  ["overwrite, 1,000 entries", "lru-cache with ttl", 1.8],
  ["overwrite, 100,000 entries", "lru-cache with ttl", 1.2],
  ["overwrite, 1,000,000 entries", "lru-cache with ttl", 1.2],
  ["overwrite, 1,000 entries, beside larger libraries", "tinybase", 0.1],
  ["overwrite, 1,000 entries, beside larger libraries", "keyv", 0.3],
  ["overwrite, 1,000 entries, beside larger libraries", "@isaacs/ttlcache", 0.15],
  ["overwrite, small object, isolated, 1,000 entries", "Map + structuredClone", 0.7],
  ["overwrite, small object, isolated, 1,000 entries", "node-cache as it comes (clones)", 0.7],
  ["set with ttl, 1,000 entries", "lru-cache with ttl", 2],
  ["set with ttl, 100,000 entries", "lru-cache with ttl", 1.2],
  ["set with ttl, 1,000,000 entries", "lru-cache with ttl", 1.1],
  ["expire 100,000 entries, each", "lru-cache purgeStale", 0.3],
  ["list the 100 keys of one scope among 1,000,000 entries", "Map scan", 0.0005],
  ["find 1,000 of 100,000 entries by tag", "scan of a Map", 0.02],
  ["clone of 100,000 entries, then 10 writes", "new Map(map)", 0.005],
  ["clone of 100,000 entries, then 10 writes", "structuredClone", 0.002],
  ["worst single write while a clone of 1,000,000 entries lives", "", 10],
  ["merge 10,000 entries into 100,000, each", "immutable merge", 0.8],
  ["transaction of 100 writes, 1,000 entries", "tinybase", 0.4],
  ["transaction of 100 writes, 1,000 entries", "immer", 0.03],
  ["write with 100 listeners on other keys, 1,000 entries", "tinybase", 0.1],
  ["write with 100 listeners on other keys, 1,000 entries", "Pepr's Storage with 100 subscribers", 0.0001],
  ["snapshot of 100,000 small objects", "v8.serialize", 0.5],
  ["load of 100,000 small objects", "v8.deserialize", 0.2],
  ["full GC with 500,000 entries", "Map", 0.25],
  ["memory per entry at 500,000 entries", "lru-cache with ttl", 1],
  ["file: a commit, 1,000 in flight", "lmdb, put and flushed", 1.5],
  ["file: a commit, 1,000 in flight", "lmdb, transactions with a log", 1.5],
  ["indexeddb: a commit, 1,000 in flight", "idb, put", 1.5],
  ["redis: a commit, 1,000 in flight", "ioredis, HSET", 1.5],
  ["redis: a commit, 1,000 in flight", "ioredis, MULTI of HSET and XADD", 1.5],
  ["redis: from a commit to its event in another process", "a round trip (PING)", 3],
  ["queue: push 1,000 items at once, then pop them at once", "ioredis LPUSH and BRPOP", 1.3],
  ["queue: push 1,000 items at once, then pop them at once", "bullmq", 1],
  ["queue: one pushes 1,000 items and one pops them, each waiting for each answer", "ioredis LPUSH and BRPOP", 1.3],
  ["queue: one pushes 1,000 items and one pops them, each waiting for each answer", "bullmq", 1],
  ["queue: push 1,000 items, reserve and acknowledge each", "bullmq", 1],
  ["kubernetes: a write, each awaited, object of 10 kB", "client-node, a patch each", 2],
  ["kubernetes: a write, each awaited, object of 100 kB", "client-node, a patch each", 2],
  ["kubernetes: a write, each awaited, object of 1 MB", "client-node, a patch each", 2],
  ["kubernetes: from a commit to its event in another process", "client-node, patch to watch", 3],
  ["Pepr on Kubernetes: setItemAndWait", "Pepr's own Store", 0.02],
  ["Pepr on Kubernetes: setItemAndWait", "a merge patch by client-node", 2],
];

describe("the rows", () => {
  it("hold the engine to every target, and to no other", () => {
    const judged = groups.flatMap(({ name, comparisons }) =>
      comparisons.filter(({ atMost }) => atMost !== undefined).map(({ against = "", atMost }) => [name, against, atMost]),
    );
    expect(new Set(judged.map(String))).toEqual(new Set(targets.map(String)));
  });

  it("have names of their own", () => {
    for (const all of [groups, operations]) expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it("of growth show what every method of a store costs", () => {
    const store = createStore();
    const methods = new Set<string>();
    for (let from = Object.getPrototypeOf(store); from !== Object.prototype; from = Object.getPrototypeOf(from)) {
      for (const name of Object.getOwnPropertyNames(from)) methods.add(name);
    }
    methods.delete("constructor");
    expect(new Set(operations.flatMap(({ of }) => of))).toEqual(methods);
  });

  it("that match are run, and make a table that is well formed", () => {
    const only = ["--only", "^scoped get", "--only", "^merge", "--only", "^full GC .*\\| Map", "--only", "growth: clone$"];
    const output = execFileSync(process.execPath, [...command, ...only], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [head, ...lines] = cellsOf(output);
    expect(head).toEqual(["operation", "ours", "rival", "ours ÷ rival (quartiles)", "at most", ""]);
    const growth = lines.splice(-2);
    expect(new Set(lines.map(([operation]) => operation))).toEqual(
      new Set([
        "scoped get, 10 scopes of 100 entries, ns",
        "merge 10,000 entries into 100,000, each, ns",
        "full GC with 500,000 entries, ms",
      ]),
    );
    for (const [, ours, rival, ratio, , verdict, ...more] of lines) {
      expect(more).toEqual([]);
      expect(ours).toMatch(/^(?:[^:]+: )?[\d,.]+$/);
      expect(rival).toMatch(/ [\d,.]+$/);
      expect(ratio).toMatch(/^[\d,.]+ \([\d,.]+–[\d,.]+\)$/);
      expect(["", "reached", "**missed**"]).toContain(verdict);
    }
    expect(growth).toEqual([
      ["operation", "200", "1,000", "largest ÷ smallest"],
      [
        "clone",
        expect.stringMatching(/^[\d,.]+ (?:ns|µs|ms)$/),
        expect.stringMatching(/^[\d,.]+ (?:ns|µs|ms)$/),
        expect.stringMatching(/^[\d.]+$/),
      ],
    ]);
  });

  it("that nothing matches are refused, and so is an option that is not there", () => {
    for (const [option, message] of [
      [["--only", "no such row"], "No row matches"],
      [["--fast"], "--fast"],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [...command, ...option], { cwd: root, encoding: "utf8" });
      expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
    }
  });
});

describe("a row", () => {
  const group: Group = { name: "work", does: "works", unit: "µs", comparisons: [], measure: () => Promise.reject(new Error("not run")) };
  const samples = (ours: number[], rival: number[]) => ({
    samples: new Map([
      ["holdall", ours],
      ["rival", rival],
    ]),
  });

  it("is judged by the median of the ratios of its rounds, whatever single rounds were like", () => {
    const measured = samples([1_000, 2_000, 900_000, 1_000, 1_000], [2_000, 4_000, 2_000, 2_000, 80_000]);
    const row = judge(group, { against: "rival", atMost: 0.5 }, measured);
    expect(row).toEqual({
      operation: "work, µs",
      ours: "1.00",
      rival: "rival 2.00",
      ratio: "0.50 (0.50–0.50)",
      atMost: "0.5",
      verdict: "reached",
    });
    expect(judge(group, { against: "rival", atMost: 0.49 }, measured).verdict).toBe("missed");
    expect(judge(group, { against: "rival" }, measured).verdict).toBe("");
  });

  it("without a rival is judged by our own figure in its unit", () => {
    expect(judge(group, { atMost: 2 }, samples([1_999], []))).toMatchObject({ ours: "2.00", ratio: "", verdict: "reached" });
    expect(judge(group, { atMost: 2 }, samples([2_001], []))).toMatchObject({ verdict: "missed" });
  });

  it("that could not be measured says why, and is neither reached nor missed", () => {
    const measured = { samples: new Map([["rival", [2_000]]]), skipped: "no server" };
    const row = judge(group, { against: "rival", atMost: 1 }, measured);
    expect(row).toMatchObject({ ours: "no server", rival: "rival 2.00", ratio: "–", verdict: "not measured" });
  });

  it("that was missed stays on the page, with what it does", () => {
    const missed = judge(group, { against: "rival", atMost: 1 }, samples([4_000], [2_000]));
    const text = page({ rows: [missed], groups: [group], growth: [], sizes: [], quick: false });
    expect(text).toContain("| work, µs | 4.00 | rival 2.00 | 2.00 (2.00–2.00) | 1 | **missed** |");
    expect(text).toContain("0 of 1 targets reached.");
    expect(text).toContain("- **work**: works.");
    expect(text).toContain(`Node ${process.versions.node}`);
  });
});

describe("the chart", () => {
  const lines = [
    { name: "a < b & c", nanoseconds: [10, 20, 400] },
    { name: "d", nanoseconds: [1_000, 50, 401] },
  ];
  const svg = chart({ title: "T", caption: "C", sizes: [1_000, 10_000, 100_000], panels: [{ title: "P", lines }] });

  it("has a line with a point for each figure, with names that do not break it", () => {
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(6);
    expect(svg).toContain("a &lt; b &amp; c");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("draws higher what costs more", () => {
    // The line that ends highest is drawn first: d.
    const [, points = ""] = /<polyline class="line" points="([^"]*)"/.exec(svg) ?? [];
    const [at1_000 = 0, at50 = 0, at401 = 0] = points.split(" ").map((point) => Number(point.split(",")[1]));
    expect(at1_000).toBeLessThan(at401);
    expect(at401).toBeLessThan(at50);
  });

  it("keeps names apart and within the picture", () => {
    expect(spread([50, 57], 10, 0, 100)).toEqual([48.5, 58.5]);
    const places = spread([5, 5, 6, 99, 99], 10, 0, 100);
    for (const [at, place] of places.entries()) {
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThanOrEqual(100);
      if (at > 0) expect(place - (places[at - 1] ?? 0)).toBeGreaterThanOrEqual(9.99);
    }
  });
});

it("a page and its chart can be written elsewhere than into the repository", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdall-bench-"));
  try {
    execFileSync(process.execPath, [...command, "--only", "growth: (clone|has)$", "--out", folder], { cwd: root, stdio: "ignore" });
    expect(readFileSync(join(folder, "BENCHMARKS.md"), "utf8")).toContain("](benches/growth.svg)");
    expect(readFileSync(join(folder, "benches", "growth.svg"), "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
