/**
 * What the tests of the file backend share: folders, and processes of their own that use it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach } from "vitest";
import type { Backend } from "../../../../ts/backends/backend.js";
import { Replica } from "../../../../ts/testing/suites/backend/trial.js";

const here = dirname(fileURLToPath(import.meta.url));
const folders: string[] = [];
const children: ChildProcess[] = [];
const programs: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

afterAll(() => {
  for (const file of programs.splice(0)) rmSync(file, { force: true });
});

/** A folder of its own, removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdall-file-"));
  folders.push(folder);
  return folder;
}

/** Opens a store for a replica of a name that nothing else has. */
export async function openReplica(backend: Backend, replica = `test-${Math.random()}`): Promise<Replica> {
  return new Replica(await backend.open({ name: "s", scope: "", replica }), replica);
}

/** Bundles a program beside this file, near enough to `node_modules` to find lmdb, and returns how to start it. */
export async function program(name: string): Promise<(...parameters: string[]) => ChildProcess> {
  // One for each process of the runner, which may run several files at once.
  const outfile = join(here, "../../../../target/holdall", `${name}-${process.pid}.mjs`);
  mkdirSync(dirname(outfile), { recursive: true });
  programs.push(outfile);
  await build({ entryPoints: [join(here, `${name}.ts`)], bundle: true, format: "esm", platform: "node", external: ["lmdb"], outfile });
  return (...parameters) => {
    const child = spawn(process.execPath, [outfile, ...parameters], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    return child;
  };
}

/** Waits for a process to end. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on("close", (code) => resolve(code)));
}
