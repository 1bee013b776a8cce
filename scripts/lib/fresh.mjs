/**
 * Skipping what is done already: a step is fresh when the hash of its inputs is the one that its last good run left behind and its
 * outputs are there. Hashes, not times: a checkout or a copy changes times. The records are in `target/holdall/`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
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

/** A builder shows that it lives by touching its lock this often, and is taken for gone when it has not for five times as long. */
const heartbeat = 2_000;

/**
 * One builder at a time: two of them writing the same files would leave neither's.
 *
 * @param {() => Promise<void>} body
 */
async function underLock(body) {
  const lock = join(records, "lock");
  mkdirSync(records, { recursive: true });
  for (let waited = 0; !tryLock(lock); waited++) {
    if (waited === 0) say("another build is running: waiting for it");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const beating = setInterval(() => utimesSync(lock, new Date(), new Date()), heartbeat);
  try {
    await body();
  } finally {
    clearInterval(beating);
    rmSync(lock, { force: true });
  }
}

/**
 * Takes the lock when it is free or its owner is gone.
 *
 * @param {string} lock
 */
function tryLock(lock) {
  try {
    const { mtimeMs } = statSync(lock);
    if (Date.now() - mtimeMs < 5 * heartbeat) return false;
    rmSync(lock, { force: true });
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return false;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
