/**
 * Runs `program.ts` in processes of its own.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect } from "vitest";
import type { KubernetesAccess } from "../../servers/kubernetes.js";
import type { Seen } from "./program.js";
import { headIn } from "./support.js";

const root = join(import.meta.dirname, "..", "..", "..");
const outfile = join(root, "target", "holdall", "kubernetes-program.mjs");

/** Compiles the program, for Node to run. */
export async function compileProgram(): Promise<void> {
  const entryPoints = [join(import.meta.dirname, "program.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "error" });
}

/** Processes that count up in one store, each so many times, by the kubeconfigs given. */
export function counting(kubeconfigs: readonly string[], namespace: string, times: number): Promise<Seen>[] {
  return kubeconfigs.map(async (kubeconfig) => {
    const running = promisify(execFile)(process.execPath, [outfile, kubeconfig, namespace, "counter", String(times)]);
    return JSON.parse((await running).stdout) as Seen;
  });
}

/** What must hold when they are done: each count was counted once, and each commit has a number of its own, without a gap. */
export async function expectExact(server: KubernetesAccess, namespace: string, seen: readonly Seen[], times: number): Promise<void> {
  const total = seen.length * times;
  const { head, entries } = await headIn(server, namespace, "counter");
  expect(entries.counter?.value).toBe(String(total));
  expect(Object.keys(entries)).toHaveLength(total + 1);
  expect(seen.flatMap(({ numbers }) => numbers).sort((one, other) => one - other)).toEqual(
    Array.from({ length: total }, (_, at) => at + 1),
  );
  expect(head.number).toBe(total);
}
