/** The batch example: every record counts once, whatever is killed and whatever is added to the file. */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HoldallError } from "holdall";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchNodes } from "../../examples/batch/nodes.mjs";
import { readPage } from "../../examples/batch/source.mjs";

const folder = fileURLToPath(new URL("../../examples/batch/", import.meta.url));
const lines = readFileSync(join(folder, "readings.jsonl"), "utf8").trimEnd().split("\n");
const kills = Number(process.env.HOLDALL_EXAMPLE_KILLS ?? 3);

let temporary: string;
let source: string;
let journal: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "holdall-batch-"));
  source = join(temporary, "readings.jsonl");
  journal = join(temporary, "journal");
});
afterEach(() => rmSync(temporary, { recursive: true }));

/** One life of the process, killed as soon as something holds, unless it has ended. Each conversion takes so many milliseconds. */
async function live(isOver = () => false, pause = 5): Promise<{ status: number | null; output: string }> {
  const options = ["--source", source, "--state", temporary, "--journal", journal, "--pause", `${pause}`];
  const child = spawn(process.execPath, [join(folder, "main.mjs"), ...options]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && !isOver()) await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill("SIGKILL");
  return { status: await ended, output };
}

/** The conversions that were made, each as often as it was. */
const conversions = () => (existsSync(journal) ? readFileSync(journal, "utf8").trimEnd().split("\n") : []);
/** What a life printed of the stations: how many readings each has, and between which temperatures they are. */
const stationsIn = (output: string) =>
  Object.fromEntries(
    [...output.matchAll(/^ {2}(\S+) +(\d+) readings, (.*) to (.*) °C/gm)].map(([, name, ...numbers]) => [name, numbers.map(Number)]),
  );
/** The same, from the lines. */
function stationsOf(some: readonly string[]) {
  const stations = new Map<string, number[]>();
  for (const { station, fahrenheit } of some.map((line) => JSON.parse(line))) {
    stations.set(station, [...(stations.get(station) ?? []), Math.round(((fahrenheit - 32) * 50) / 9) / 10]);
  }
  return Object.fromEntries([...stations].map(([name, all]) => [name, [all.length, Math.min(...all), Math.max(...all)]]));
}

describe("a page", () => {
  it("ends with a whole line, and the cursor behind it", () => {
    writeFileSync(source, '{"station":"Zürich"}\n\n{"station":"b"}\n{"stat');
    const first = readPage(source, 0, 1);
    expect(first).toEqual({ readings: [{ station: "Zürich" }], next: 22 });
    expect(readPage(source, first.next, 10)).toEqual({ readings: [{ station: "b" }], next: 39 });
    expect(readPage(source, 39, 10)).toEqual({ readings: [], next: 39 });
  });
});

it("takes a page that a killed process had begun to requeue as begun, and says what else goes wrong", async () => {
  const nodesWith = (error: Error) =>
    batchNodes({ trigger: () => Promise.reject(error), follow: () => {}, journal: undefined, pause: async () => {} });
  const input = { source, next_cursor: "48" };
  await expect(nodesWith(new HoldallError("CONFLICT", "there")).requeue(input)).resolves.toEqual({ next: "page-000000048" });
  await expect(nodesWith(new HoldallError("UNAVAILABLE", "away")).requeue(input)).rejects.toThrow("away");
});

it("sums up every record, and what is added later by another start", async () => {
  writeFileSync(source, `${lines.slice(0, 50).join("\n")}\n`);
  const first = await live();
  expect(first.status, first.output).toBe(0);
  expect(stationsIn(first.output)).toEqual(stationsOf(lines.slice(0, 50)));
  expect(first.output).toContain("50 readings summed up now");
  expect(first.output.match(/^batch:page-/gm)).toHaveLength(3);

  expect((await live()).output).toContain("0 readings summed up now");
  appendFileSync(source, `${lines.slice(50, 60).join("\n")}\n`);
  const last = await live();
  expect(last.output).toContain("10 readings summed up now");
  expect(stationsIn(last.output)).toEqual(stationsOf(lines.slice(0, 60)));
  expect(new Set(conversions()).size).toBe(60);
  expect(conversions()).toHaveLength(60);
});

it(
  `kill -9 at ${kills} random moments: every record counts once, and what was converted and kept is not converted again`,
  async () => {
    const some = lines.slice(0, 40 + 20 * kills);
    writeFileSync(source, `${some.join("\n")}\n`);
    for (let killed = 0; killed < kills; killed += 1) {
      const goal = conversions().length + Math.floor(Math.random() * 20);
      // Slow enough that there is something left to kill, whenever it is seen that the goal is reached.
      const { status, output } = await live(() => conversions().length >= goal, 200);
      expect(status, output).toBeNull();
      if (killed > 0 && goal > 30) expect(output).toMatch(/^resuming behind byte \d+/);
    }
    const { status, output } = await live();
    expect(status, output).toBe(0);
    expect(stationsIn(output)).toEqual(stationsOf(some));
    expect(new Set(conversions()).size).toBe(some.length);
    // Eight at most were under way at each kill.
    expect(conversions().length).toBeLessThanOrEqual(some.length + 8 * kills);
  },
  240_000 + kills * 60_000,
);
