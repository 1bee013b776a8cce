/**
 * Runs programs of this folder in processes of their own.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
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

function started(name: string, parameters: readonly string[], flags: readonly string[] = []) {
  const running = promisify(execFile)(process.execPath, [...flags, compiled(name), ...parameters]);
  onTestFinished(() => void running.child.kill("SIGKILL"));
  return running;
}

/** Runs a program that was compiled, and gives what it prints. It ends with the test at the latest. */
export async function runProgram(name: string, parameters: readonly string[], flags: readonly string[] = []): Promise<string> {
  return (await started(name, parameters, flags)).stdout;
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
  const all = kubeconfigs.map((kubeconfig) => started("program", [kubeconfig, namespace, "counter", String(times)]));
  const failed = new Promise<void>((resolve) => {
    for (const { child } of all) child.stderr?.once("data", () => resolve());
  });
  const ended = Promise.all(all);
  return {
    failed,
    async end() {
      for (const { child } of all) child.stdin?.end();
      return (await ended).map(({ stdout }) => JSON.parse(stdout));
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
