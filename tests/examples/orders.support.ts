/**
 * What the tests of the orders example share: the job as a process, which may be killed, and what the gateway's own journal says of it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Call } from "../../examples/orders/gateway.mjs";

/** The folder of the example. */
export const folder = fileURLToPath(new URL("../../examples/orders/", import.meta.url));
/** Its order file, line by line. */
export const orderLines = readFileSync(join(folder, "orders.jsonl"), "utf8").trimEnd().split("\n");

/** How one life of the process ended, and what it printed. */
export interface Life {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the job as a process. */
export function start(...options: string[]): { readonly child: ChildProcess; readonly ended: Promise<Life> } {
  const child = spawn(process.execPath, [join(folder, "main.mjs"), ...options], { stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      printed[stream] += text;
    });
  }
  const ended = new Promise<Life>((resolve) => child.once("close", (status) => resolve({ status, ...printed })));
  return { child, ended };
}

/** Runs the job as a process to its end. */
export const run = (...options: string[]): Promise<Life> => start(...options).ended;

/** What has a job last for some seconds more than it takes until it is killed: it does not come to its end before, on however busy a machine. */
export const slowly = ["--seconds", "15"];

/** A job on a folder of its own that is killed and started again. */
export class KilledJob {
  /** Where its state is. */
  readonly state = mkdtempSync(join(tmpdir(), "holdall-orders-"));
  readonly #options: readonly string[];

  /** @param orders - how many orders of the file it takes */
  constructor(
    readonly orders: number,
    ...options: string[]
  ) {
    const file = join(this.state, "orders.jsonl");
    writeFileSync(file, `${orderLines.slice(0, orders).join("\n")}\n`);
    this.#options = ["--orders", file, "--state", this.state, ...options];
  }

  /** One life of the process, killed as soon as something holds, unless it has ended. */
  async live(isOver: () => boolean = () => false, ...options: string[]): Promise<Life> {
    const { child, ended } = start(...this.#options, ...options);
    let hasEnded = false;
    void ended.then(() => {
      hasEnded = true;
    });
    while (!hasEnded && !isOver()) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGKILL");
    return ended;
  }

  /** The lines of the gateway's journal. */
  get calls(): Call[] {
    for (const books of readdirSync(this.state).filter((name) => name.startsWith("books-"))) {
      for (const job of readdirSync(join(this.state, books))) {
        const journal = join(this.state, books, job, "charges.jsonl");
        const lines = existsSync(journal) ? readFileSync(journal, "utf8").split("\n") : [];
        return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
      }
    }
    return [];
  }

  /** Tells whether the gateway was called so often since now; a journal that is shorter than before is that of another job. */
  called(times: number): () => boolean {
    let last = this.calls.length;
    let since = 0;
    return () => {
      const now = this.calls.length;
      since += now < last ? now : now - last;
      last = now;
      return since >= times;
    };
  }

  /**
   * Kills the process at random moments, until it has been killed so often; whenever it comes to an end, the books have to agree. Every other time the moment is
   * right behind a call of the gateway, when what came of it is not committed.
   */
  async killAtRandom(kills: number): Promise<{ readonly finished: number }> {
    const began = performance.now();
    this.expectFinished(await this.live());
    const whole = performance.now() - began;
    let finished = 0;
    for (let killed = 0; killed < kills; ) {
      const end = performance.now() + Math.random() * whole * 1.1;
      const isLate = () => performance.now() >= end;
      const life = await this.live(killed % 2 === 0 ? this.called(1 + Math.floor(Math.random() * 12)) : isLate);
      if (life.status === null) killed += 1;
      else {
        this.expectFinished(life);
        finished += 1;
      }
    }
    this.expectFinished(await this.live());
    return { finished: finished + 1 };
  }

  /** It ended well: the books agree, and nobody was charged twice, by the gateway's own journal. */
  expectFinished({ status, stdout, stderr }: Life): void {
    expect(stderr).toBe("");
    expect(status, stdout).toBe(0);
    expect(stdout.match(/^ {2}✓ /gm), stdout).toHaveLength(7);
    const charged = this.calls.filter((call) => call.charged).map(({ key }) => key);
    expect(charged.length).toBeGreaterThan(this.orders / 2);
    expect(new Set(charged).size, "a key was charged twice").toBe(charged.length);
  }

  /** Throws its state away. */
  dispose(): void {
    rmSync(this.state, { recursive: true, force: true });
  }
}

/** How often the tests kill the job. `HOLDALL_EXAMPLE_KILLS` says it for both backends; in CI it is a few times. */
export const kills = Number(process.env.HOLDALL_EXAMPLE_KILLS ?? 3);
