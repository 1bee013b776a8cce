/**
 * Runs programs of this folder in processes of their own.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { expect, onTestFinished } from "vitest";
import type { KubernetesAccess } from "../../servers/kubernetes.js";
import type { Seen } from "./program.js";
import { headIn } from "./support.js";

const root = join(import.meta.dirname, "..", "..", "..");
const compiled = (name: string) => join(root, "target", "holdall", `kubernetes-${name}.mjs`);

/** Compiles a program, for Node to run. */
export async function compileProgram(name = "program"): Promise<void> {
  const entryPoints = [join(import.meta.dirname, `${name}.ts`)];
  await build({
    entryPoints,
    outfile: compiled(name),
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
}

/** A program at work. */
export interface RunningProgram {
  /** What it has printed so far. */
  readonly lines: readonly string[];
  /** What it has printed to its other output. */
  readonly complaints: string;
  /** Resolves when it prints to that. */
  readonly failed: Promise<void>;
  /** Whether it has ended. */
  readonly hasEnded: boolean;
  /** Ends its input; resolves when it has ended by itself, and rejects when that was by a failure. */
  finish(): Promise<void>;
  /** Ends it as a crash would (`kill -9`); resolves when all that it had printed is read. */
  kill(): Promise<void>;
}

/** Starts a program that was compiled, and reads what it prints as it does. It ends with the test at the latest. */
export function startProgram(name: string, parameters: readonly string[], flags: readonly string[] = []): RunningProgram {
  const child = spawn(process.execPath, [...flags, compiled(name), ...parameters]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const closed = once(child, "close");
  return {
    lines,
    get complaints() {
      return complaints;
    },
    failed: once(child.stderr, "data").then(() => undefined),
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    async finish() {
      child.stdin.end();
      await closed;
      if (child.exitCode !== 0) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}: ${complaints}`);
    },
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** Runs a program that was compiled, and gives what it prints. */
export async function runProgram(name: string, parameters: readonly string[], flags?: readonly string[]): Promise<string> {
  const program = startProgram(name, parameters, flags);
  await program.finish();
  return program.lines.join("\n");
}

/** Processes that count up. */
export interface Counting {
  /** Resolves when a call of one of them has failed. */
  readonly failed: Promise<void>;
  /** Tells them to end once each has counted as often as it was told to; gives what they saw. */
  end(): Promise<Seen[]>;
}

/** Processes that count up in one store, each so many times and until they are told to end, by the kubeconfigs given. They never give up. */
export function counting(kubeconfigs: readonly string[], namespace: string, times: number): Counting {
  const all = kubeconfigs.map((kubeconfig) => startProgram("program", [kubeconfig, namespace, "counter", String(times)]));
  return {
    failed: Promise.race(all.map(({ failed }) => failed)),
    async end() {
      await Promise.all(all.map((program) => program.finish()));
      return all.map(({ lines }) => JSON.parse(lines.join("\n")));
    },
  };
}

/** What must hold when they are done: each count was counted once, and each commit has a number of its own, without a gap. */
export async function expectExact(server: KubernetesAccess, namespace: string, seen: readonly Seen[], times: number): Promise<void> {
  const counts = seen.map(({ numbers }) => numbers.length);
  for (const count of counts) expect(count).toBeGreaterThanOrEqual(times);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const { head, entries } = await headIn(server, namespace, "counter");
  const { counter, ...own } = entries;
  expect(counter?.value).toBe(String(total));
  // Their keys are random, and so is the order of these.
  expect(
    Object.values(own)
      .map(({ value }) => Number(value))
      .sort((one, other) => one - other),
  ).toEqual(counts.sort((one, other) => one - other));
  expect(seen.flatMap(({ numbers }) => numbers).sort((one, other) => one - other)).toEqual(
    Array.from({ length: total }, (_, at) => at + 1),
  );
  expect(head.number).toBe(total);
}
