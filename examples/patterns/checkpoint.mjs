// @ts-check
/**
 * The pattern checkpoint and recovery: a process is killed (`kill -9`) in the middle of a run, and the next one goes on where it was. This store is in memory, so each commit is
 * followed by a snapshot in a file; on a durable backend that is not needed.
 *
 * Started without arguments it is the one who watches: it starts itself as the worker, twice. The first worker dies within the node `pack`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createStore } from "holdall";
import { createRunner } from "holdall/workflow";

const [file, life] = process.argv.slice(2);
if (file === undefined) watch();
else await work(file, life === "first");

function watch() {
  const folder = mkdtempSync(join(tmpdir(), "holdall-checkpoint-"));
  try {
    for (const life of ["first", "second"]) {
      console.log(`the ${life} process`);
      const { signal } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), join(folder, "snapshot"), life], {
        stdio: "inherit",
      });
      if (signal) console.log(`  was killed: ${signal}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} file
 * @param {boolean} dies
 */
async function work(file, dies) {
  const store = createStore();
  if (existsSync(file)) store.restore(readFileSync(file));
  store.subscribe(() => {
    writeFileSync(`${file}.new`, store.snapshot());
    renameSync(`${file}.new`, file);
  });

  /** @param {string} name */
  const node = (name) => ({
    exec: () => {
      console.log(`  ${name} runs`);
      if (name === "pack" && dies) process.kill(process.pid, "SIGKILL");
      return {};
    },
    /** @type {import("holdall/workflow").NodePhases["post"]} */
    post: (own) => ({ done: own.increment(`runs of ${name}`) }),
  });
  // The name says that the process before is dead, so that nobody waits for its lease to end.
  const runner = createRunner({ store, worker: "only", nodes: { pick: node("pick"), pack: node("pack"), ship: node("ship") } });
  const isNew = store.size === 0;
  if (isNew) {
    await runner.upsertGraph("parcel", {
      nodes: [
        { node_name: "pick", identifier: "pick", next_nodes: ["pack"] },
        { node_name: "pack", identifier: "pack", next_nodes: ["ship"] },
        { node_name: "ship", identifier: "ship" },
      ],
    });
  }
  const run = await (isNew ? runner.trigger("parcel", { id: "17" }) : runner.resume("parcel:17"));
  const { store: counts } = await run.done;
  console.log(`  completed: ${JSON.stringify(counts)}`);
  await runner.close();
}
