/**
 * Runs writers as processes of their own, and collects what they tell.
 *
 * `HOLDALL_CONVERGENCE_STEPS` says how many steps each takes (default 100), `HOLDALL_CONVERGENCE_ROUNDS` how often (default 1),
 * `HOLDALL_CONVERGENCE_SEED` plays one plan again. What a seed plans is the same each time; how processes meet is not.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../../scripts/lib/run.mjs";
import type { Backend } from "../../../ts/backends/backend.js";
import { openStore } from "../../../ts/index.js";
import type { Account } from "./accounts.js";
import type { Message, Place } from "./process.js";
import { prepare, Writer } from "./writer.js";

/** How much a run does. */
export const steps = Number(process.env.HOLDALL_CONVERGENCE_STEPS ?? 100);

const rounds = Number(process.env.HOLDALL_CONVERGENCE_ROUNDS ?? 1);

/** The seeds of the runs. */
export const seeds =
  process.env.HOLDALL_CONVERGENCE_SEED === undefined
    ? Array.from({ length: rounds }, () => Math.floor(Math.random() * 2 ** 31))
    : [Number(process.env.HOLDALL_CONVERGENCE_SEED)];

/** By how much the clocks of the writers are off. */
const skews = [0, 150, -120];

/** The program of a writer, bundled below the repository, where clients are found. */
export async function buildWriter(): Promise<{ readonly path: string; remove(): void }> {
  const path = join(root, `target/holdall/convergence-${process.pid}.mjs`);
  mkdirSync(join(root, "target/holdall"), { recursive: true });
  const entryPoints = [join(import.meta.dirname, "process.ts")];
  await build({
    entryPoints,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["lmdb", "ioredis"],
    outfile: path,
  });
  return { path, remove: () => rmSync(path, { force: true }) };
}

/** Lets three processes write by a seed, beside a watcher in this one; gives what all four tell. */
export async function converge(program: string, backend: Backend, place: Place, seed: number): Promise<Account[]> {
  const store = await openStore({ backend });
  const watcher = new Writer("watcher", store);
  await prepare(store);
  const children = skews.map(() => fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  try {
    const dones = children.map((child) => told(child, "done"));
    for (const [at, child] of children.entries()) {
      const task = { place, writer: `writer-${at}`, seed: seed + at, steps, skew: skews[at] ?? 0 };
      child.send({ type: "task", task } satisfies Message);
    }
    await Promise.all(dones);
    store.scope("passing").clear();
    store.set("plain:end", seed);
    await store.flush();
    await store.sync();
    const { cursor } = store.status;
    const accounts = children.map(async (child) => {
      const account = told(child, "account");
      child.send({ type: "end", cursor } satisfies Message);
      return (await account).account;
    });
    return await Promise.all([watcher.account(cursor), ...accounts]);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await store.close();
  }
}

/** Waits for a message of a process; rejects when it ends before. */
function told<Type extends Message["type"]>(child: ChildProcess, type: Type): Promise<Extract<Message, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const hear = (message: Message) => {
      if (message.type !== type) return;
      child.off("message", hear);
      resolve(message as Extract<Message, { type: Type }>);
    };
    child.on("message", hear);
    child.on("exit", (code) => reject(new Error(`a writer ended with ${code} before it was ${type}`)));
  });
}
