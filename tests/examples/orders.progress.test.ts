/**
 * The live progress of the orders example: on a terminal of the test's own, and on a real pseudo-terminal.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore } from "holdall";
import { afterAll, describe, expect, it } from "vitest";
import { showProgress } from "../../examples/orders/progress.mjs";
import { Terminal } from "../../examples/orders/terminal.mjs";
import { folder, orderLines } from "./orders.support.js";

const main = join(folder, "main.mjs");
const escapeCode = "\u001b";
const hidden = `${escapeCode}[?25l`;
const shown = `${escapeCode}[?25h`;
const colour = new RegExp(`${escapeCode}\\[3\\dm`);
const codes = new RegExp(`${escapeCode}\\[[\\d;?]*[a-zA-Z]`, "g");

/** What a shop of `total` orders draws while each of them ends, on an output of that kind. */
function draw(total: number, output: { isTTY: boolean; columns?: number }, environment: NodeJS.ProcessEnv = {}): string {
  let written = "";
  const stream = { ...output, write: (text: string) => (written += text) };
  const terminal = new Terminal(stream as unknown as NodeJS.WriteStream, environment);
  const store = createStore();
  const [orders, nodes] = [store.scope("orders"), store.scope("node")];
  const stop = showProgress({ orders: orders.reader(), nodes: nodes.reader(), total, terminal });
  for (let order = 0; order < total; order += 1) {
    orders.set(`${order}`, { status: "reserved", line: order, cents: 0, retries: 0 });
    nodes.set(`charge[${order}]`, { attempt: 1 });
    if (order % 2 === 1) nodes.set(`charge[${order}]`, { attempt: 2 });
    orders.set(`${order}`, { status: "charged", line: order, cents: 0, retries: order % 2 });
    orders.set(`${order}`, { status: order % 4 === 3 ? "attention" : "shipped", line: order, cents: 0, retries: order % 2 });
  }
  // The end of a run touches its records once more.
  for (const key of orders.keys()) orders.touch(key, "1d");
  stop();
  orders.set("later", { status: "shipped", line: 0, cents: 0, retries: 0 });
  return written;
}

/** The frames without their codes. */
const frames = (written: string) => written.split(hidden).map((frame) => frame.replace(codes, "").trim());

describe("on a terminal", () => {
  it("fits each frame into the width, from 40 columns to 200", () => {
    for (const columns of [40, 60, 80, 100, 200]) {
      for (const frame of frames(draw(20, { isTTY: true, columns }))) expect(frame.length).toBeLessThan(columns);
    }
  });

  it("ends with a full bar and all counts, and draws nothing afterwards", () => {
    const last = frames(draw(20, { isTTY: true, columns: 120 })).at(-1);
    expect(last).toMatch(/^█+ +100 % {2}15 shipped · 5 attention · 10 retries$/);
  });

  it("shows the cursor again", () => {
    const written = draw(8, { isTTY: true, columns: 80 });
    expect(written.lastIndexOf(shown)).toBeGreaterThan(written.lastIndexOf(hidden));
    expect(written.endsWith("\n")).toBe(true);
  });

  it("has colours, but for NO_COLOR", () => {
    expect(draw(8, { isTTY: true })).toMatch(colour);
    expect(draw(8, { isTTY: true }, { NO_COLOR: "" })).toMatch(colour);
    expect(draw(8, { isTTY: true }, { NO_COLOR: "1" })).not.toMatch(colour);
  });
});

describe("elsewhere", () => {
  it("prints ten plain lines, whatever the number of orders", () => {
    for (const output of [{ isTTY: false }, { isTTY: true, dumb: true }]) {
      const written = draw(37, output, { TERM: "dumb" });
      expect(written).not.toContain(escapeCode);
      expect(written.trimEnd().split("\n")).toHaveLength(10);
      expect(written).toMatch(/ 100 % {2}37 of 37 orders done: 28 shipped, 9 attention\n$/);
    }
  });

  it("prints no more lines than there are orders", () => {
    expect(draw(3, { isTTY: false }).trimEnd().split("\n")).toHaveLength(3);
  });
});

const noScript = process.platform !== "linux" || spawnSync("script", ["--version"]).status !== 0;

describe.runIf(!noScript)("on a real pseudo-terminal", () => {
  const temporary = mkdtempSync(join(tmpdir(), "holdall-terminal-"));
  const some = join(temporary, "orders.jsonl");
  writeFileSync(some, orderLines.slice(0, 80).join("\n"));
  afterAll(() => rmSync(temporary, { recursive: true }));

  const command = (options: string) => [
    "-qec",
    `stty cols 100; exec "${process.execPath}" "${main}" --backend memory --orders "${some}" ${options}`,
    "/dev/null",
  ];
  const env = { ...process.env, TERM: "xterm", NO_COLOR: "" };

  it("redraws one line for as long as asked, then prints the summary", () => {
    const started = performance.now();
    const { status, stdout } = spawnSync("script", command("--seconds 3"), { encoding: "utf8", env });
    expect(status, stdout).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(2_900);
    const drawn = frames(stdout.slice(0, stdout.indexOf(shown))).slice(1);
    // Some thirty a second, of which a busy machine takes most.
    expect(drawn.length).toBeGreaterThan(5);
    for (const frame of drawn) expect(frame).toMatch(/^[█▒░]+ +\d+ %/);
    expect(drawn.at(-1)).toContain("100 %");
    expect(stdout).toMatch(colour);
    expect(stdout.slice(stdout.indexOf(shown))).toContain("exactly once");
  });

  it("leaves the cursor visible after Ctrl-C", async () => {
    const child = spawn("script", command("--seconds 60"), { env, stdio: ["pipe", "pipe", "inherit"] });
    let written = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (!written.includes(hidden) && (written + text).includes(hidden)) child.stdin.write("\u0003");
      written += text;
    });
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect(status, written).toBe(130);
    expect(written).toContain(hidden);
    expect(written.lastIndexOf(shown)).toBeGreaterThan(written.lastIndexOf(hidden));
    expect(written).not.toContain("Checked against");
  });
});
