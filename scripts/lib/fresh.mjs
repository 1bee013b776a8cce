/**
 * Skipping what is done already: a step is fresh when the hash of its inputs is the one that its last good run left behind and its
 * outputs are there. Hashes, not times: a checkout or a copy changes times. The records are in `target/holdall/`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root, say } from "./run.mjs";

const records = join(root, "target", "holdall");

/**
 * Every file under the paths given (relative to the root), in order; what does not exist counts as nothing.
 *
 * @param {readonly string[]} paths
 */
export function filesUnder(paths) {
  /** @type {string[]} */
  const found = [];
  const visit = (/** @type {string} */ path) => {
    if (!existsSync(path)) return;
    if (!statSync(path).isDirectory()) found.push(path);
    else for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  for (const path of paths) visit(join(root, path));
  return found;
}

/**
 * The hash of all files under the paths given, names included.
 *
 * @param {readonly string[]} paths
 */
export function hashOf(paths) {
  const hash = createHash("sha256");
  for (const file of filesUnder(paths)) hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

/**
 * Runs `build` under the lock of the house, unless the step called `name` is fresh.
 *
 * @param {{ name: string, title: string, inputs: readonly string[], outputs: readonly string[] }} step
 * @param {() => Promise<void>} build
 */
export async function whenStale({ name, title, inputs, outputs }, build) {
  await underLock(async () => {
    const record = join(records, `${name}.hash`);
    const now = hashOf(inputs);
    const fresh = existsSync(record) && readFileSync(record, "utf8") === now && outputs.every((path) => existsSync(join(root, path)));
    if (fresh) {
      say(`${title}: up to date`);
      return;
    }
    say(`${title} …`);
    const began = performance.now();
    rmSync(record, { force: true });
    await build();
    writeFileSync(record, now);
    say(`${title}: done in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  });
}

/**
 * One builder at a time: two of them writing the same files would leave neither's. A lock whose owner is gone is taken over.
 *
 * @param {() => Promise<void>} body
 */
async function underLock(body) {
  const lock = join(records, "lock");
  mkdirSync(records, { recursive: true });
  for (let waited = 0; ; waited++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      if (!isAlive(lock)) rmSync(lock, { force: true });
      else if (waited === 0) say("another build is running: waiting for it");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  try {
    await body();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}

/** @param {string} lock */
function isAlive(lock) {
  try {
    process.kill(Number(readFileSync(lock, "utf8")) || process.pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
