/**
 * Processes that work on runs, and are killed: started from sources, counted by the nodes that they execute, seeded.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll } from "vitest";
import { root } from "../../../scripts/lib/run.mjs";
import type { Task } from "./worker.js";

/** A process at work. */
export interface Worker {
  /** Resolves when it has executed so many nodes, or has ended. */
  executes(count: number): Promise<void>;
  /** Ends it as a crash would (`kill -9`); `false` when it had come to its end before. */
  kill(): Promise<boolean>;
  /** Waits for its end. Rejects unless it ends well. */
  end(): Promise<void>;
}

/** What a test file starts workers by. What is still there after a test is killed. */
export interface Workers<Given = Task> {
  /** A folder of its own, removed after the test. */
  folder(): string;
  /** Starts one. */
  start(task: Given): Worker;
}

/** Bundles a program once for a test file. */
export function workers<Given = Task>(program = "worker"): Workers<Given> {
  let bundle = "";
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  // Below the repository, where the clients of the backends are found.
  const parent = join(root, "target", "holdall");
  beforeAll(async () => {
    mkdirSync(parent, { recursive: true });
    bundle = mkdtempSync(join(parent, "workers-"));
    const entryPoints = [join(root, `tests/workflow/node/${program}.ts`)];
    const outfile = join(bundle, "worker.mjs");
    await build({ entryPoints, bundle: true, format: "esm", platform: "node", target: "node20", external: ["ioredis", "lmdb"], outfile });
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => rmSync(bundle, { recursive: true, force: true }));
  return {
    folder() {
      const folder = mkdtempSync(join(parent, "runs-"));
      folders.push(folder);
      return folder;
    },
    start(task) {
      const child = spawn(process.execPath, [join(bundle, "worker.mjs"), JSON.stringify(task)], { stdio: ["ignore", "pipe", "inherit"] });
      children.push(child);
      return started(child);
    },
  };
}

function started(child: ChildProcess): Worker {
  const exited = once(child, "exit") as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  let executed = 0;
  let look = () => {};
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", () => {
    executed += 1;
    look();
  });
  return {
    async executes(count) {
      const reached = new Promise<void>((resolve) => {
        look = () => {
          if (executed >= count) resolve();
        };
        look();
      });
      await Promise.race([reached, exited]);
    },
    async kill() {
      child.kill("SIGKILL");
      const [code] = await exited;
      return code === null;
    },
    async end() {
      const [code, signal] = await exited;
      if (code !== 0) throw new Error(`the worker ended with ${code ?? signal}`);
    },
  };
}

/** One execution of a node, as its process wrote it down. */
export interface Executed {
  readonly run: string;
  readonly instance: string;
  readonly mark: string;
  readonly worker: string;
}

/** What is written down in a journal. A line that a crash cut off was no execution that went on. */
export function readJournal(path: string): Executed[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [run = "", instance = "", mark = "", worker = ""] = line.split(" ");
    return { run, instance, mark, worker };
  });
}

/** A whole number from 1 on. */
export const upTo = (most: number, random: () => number): number => 1 + Math.floor(random() * most);

/** How often processes are killed: modest, unless `HOLDALL_RUN_KILLS` says more. */
export const killsOf = (modest: number): number => Number(process.env.HOLDALL_RUN_KILLS ?? modest);

/** What random moments are drawn from: `HOLDALL_RUN_SEED`, else a new one. */
export const newSeed = (): number => Number(process.env.HOLDALL_RUN_SEED ?? Math.floor(Math.random() * 2 ** 31));
