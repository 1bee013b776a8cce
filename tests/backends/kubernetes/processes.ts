/**
 * Runs programs of this folder in processes of their own.
 *
 * @module
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
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

/** Runs a program that was compiled, and gives what it prints. It ends with the test at the latest. */
export async function runProgram(name: string, parameters: readonly string[], flags: readonly string[] = []): Promise<string> {
  const running = promisify(execFile)(process.execPath, [...flags, compiled(name), ...parameters]);
  onTestFinished(() => void running.child.kill("SIGKILL"));
  return (await running).stdout;
}

/** A program at work. */
export interface RunningProgram {
  /** What it has printed so far. */
  readonly lines: readonly string[];
  /** Whether it has ended. */
  readonly hasEnded: boolean;
  /** Ends it as a crash would (`kill -9`); resolves when all that it had printed is read. */
  kill(): Promise<void>;
}

/** Starts a program that was compiled, and reads what it prints as it does. It ends with the test at the latest. */
export function startProgram(name: string, parameters: readonly string[]): RunningProgram {
  const child = spawn(process.execPath, [compiled(name), ...parameters], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const reading = createInterface({ input: child.stdout });
  const read = once(reading, "close");
  reading.on("line", (line) => lines.push(line));
  return {
    lines,
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    async kill() {
      child.kill("SIGKILL");
      await read;
    },
  };
}

/** Processes that count up in one store, each so many times, by the kubeconfigs given. They never give up. */
export function counting(kubeconfigs: readonly string[], namespace: string, times: number): Promise<Seen>[] {
  return kubeconfigs.map(async (kubeconfig) => JSON.parse(await runProgram("program", [kubeconfig, namespace, "counter", String(times)])));
}

/** What must hold when they are done: each count was counted once, and each commit has a number of its own, without a gap. */
export async function expectExact(server: KubernetesAccess, namespace: string, seen: readonly Seen[], times: number): Promise<void> {
  const total = seen.length * times;
  const { head, entries } = await headIn(server, namespace, "counter");
  const { counter, ...own } = entries;
  expect(counter?.value).toBe(String(total));
  expect(Object.values(own).map(({ value }) => value)).toEqual(seen.map(() => String(times)));
  expect(seen.flatMap(({ numbers }) => numbers).sort((one, other) => one - other)).toEqual(
    Array.from({ length: total }, (_, at) => at + 1),
  );
  expect(head.number).toBe(total);
}
