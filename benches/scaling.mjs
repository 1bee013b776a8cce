/**
 * How runs per second grow with the masters of a Redis Cluster and with processes, each run in a store of its own.
 *
 * All share one machine, so runs per second stop growing where its cores are busy, and say nothing of more. The time of processors that a run takes in its
 * process and on the busiest server is measured too: from it is computed, and not measured, how many runs either could carry on a core of its own.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startMasters } from "../scripts/lib/redis-cluster.mjs";
import { markdownTable, readable } from "./lib/table.mjs";

/** @typedef {import("./lib/group.mjs").Scale} Scale */
/** @typedef {import("../scripts/lib/redis-server.mjs").RedisServer} RedisServer */

/**
 * What was measured with so many masters and processes. Times of processors are in milliseconds for each run.
 *
 * @typedef {object} Scaling
 * @property {number} masters
 * @property {number} processes
 * @property {number} perSecond Runs of all processes in a second.
 * @property {number} ofProcess What a run takes in its process.
 * @property {number} ofServers What it takes on all servers together.
 * @property {number} ofBusiest What it takes on the one that is busiest.
 */

/** What `--only` looks for. @param {number} masters @param {number} processes */
export const scalingName = (masters, processes) => `runs on a cluster, masters: ${masters}, processes: ${processes}`;

const worker = fileURLToPath(new URL("./lib/run-worker.mjs", import.meta.url));

/** How many ticks of a processor's time Linux counts in a second. */
const ticks = 100;

/** The time of processors that a server has taken, in milliseconds; Linux only. @param {RedisServer} server */
function timeOf({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticks;
}

/**
 * How many masters and processes are measured.
 *
 * @param {Scale} scale
 * @returns {readonly (readonly [masters: number, processes: number])[]}
 */
export function scalingPlan({ quick }) {
  if (quick) return [[2, 2]];
  return [1, 2, 3].flatMap((masters) => [1, 2, 4].map((processes) => /** @type {const} */ ([masters, processes])));
}

/**
 * Measures what is wanted.
 *
 * @param {Scale} scale
 * @param {(name: string) => boolean} wants
 * @param {(what: string) => void} tell
 * @returns {Promise<Scaling[]>}
 */
export async function measureScaling(scale, wants, tell) {
  const found = [];
  for (const [masters, processes] of scalingPlan(scale)) {
    const name = scalingName(masters, processes);
    if (!wants(name)) continue;
    tell(name);
    const cluster = await startMasters(masters);
    try {
      found.push(await measure(cluster.nodes, processes, scale.quick ? 2_000 : 8_000));
    } finally {
      await cluster.stop();
    }
  }
  return found;
}

/** @param {readonly RedisServer[]} servers @param {number} processes @param {number} span How long, in milliseconds @returns {Promise<Scaling>} */
async function measure(servers, processes, span) {
  const children = Array.from({ length: processes }, (_, at) => {
    const child = spawn(process.execPath, [worker, String(servers[0]?.port), String(at)], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const exited = once(child, "exit");
    const line = async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error("a process of the bench ended");
      return value;
    };
    return { child, line, exited };
  });
  try {
    for (const { line } of children) await line();
    const before = servers.map(timeOf);
    for (const { child } of children) child.stdin.write("begin\n");
    await new Promise((resolve) => setTimeout(resolve, span));
    for (const { child } of children) child.stdin.end("end\n");
    const taken = servers.map((server, at) => timeOf(server) - (before[at] ?? 0));
    /** @type {{ runs: number, milliseconds: number, cpu: number }[]} */
    const told = await Promise.all(children.map(async ({ line }) => JSON.parse(await line())));
    for (const { exited } of children) await exited;
    const runs = told.reduce((sum, { runs: of }) => sum + of, 0);
    return {
      masters: servers.length,
      processes,
      perSecond: told.reduce((sum, { runs: of, milliseconds }) => sum + (of * 1_000) / milliseconds, 0),
      ofProcess: told.reduce((sum, { cpu }) => sum + cpu, 0) / runs,
      ofServers: taken.reduce((sum, time) => sum + time, 0) / runs,
      ofBusiest: Math.max(...taken) / runs,
    };
  } finally {
    for (const { child } of children) child.kill("SIGKILL");
  }
}

/** @param {readonly Scaling[]} scaling */
export function scalingTable(scaling) {
  const head = [
    "masters",
    "processes",
    "runs a second",
    "a run in its process, ms of a processor",
    "on all masters, ms",
    "on the busiest, ms",
    "computed: runs a second of processes with a core each",
    "computed: of masters with a core each",
  ];
  return markdownTable(
    head,
    scaling.map(({ masters, processes, perSecond, ofProcess, ofServers, ofBusiest }) => [
      String(masters),
      String(processes),
      ...[perSecond, ofProcess, ofServers, ofBusiest, (processes * 1_000) / ofProcess, 1_000 / ofBusiest].map(readable),
    ]),
  );
}

/** The section of the page. @param {readonly Scaling[]} scaling */
export function scalingSection(scaling) {
  if (scaling.length === 0) return "";
  return `## Runs on a Redis Cluster

Runs of ten nodes in a chain, each run in a store of its own (\`openRun\`), eight at a time in each process. The masters, the processes and whatever else the machine does
share its cores, so the runs per second of the third column, which are measured, stop growing where these are busy: on two cores that is at once. The last two columns are
not measured but computed from the time of processors that a run took: what as many processes or masters would carry with a core each, if a run took no more of it there.

${scalingTable(scaling)}
`;
}
