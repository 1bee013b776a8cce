/**
 * One process that opens what is kept in a folder and prints what that costs: `node --expose-gc opening-child.mjs fill|holdall|lmdb FOLDER SIZE`.
 *
 * @module
 */
import { join } from "node:path";
import { engineBytes } from "./engine-memory.mjs";
import { collectAll } from "./timing.mjs";

const { openStore } = await import("holdall");
const { file } = await import("holdall/backends/file");
const { open } = await import("lmdb");

const [task, folder = "", sizeText] = process.argv.slice(2);
const size = Number(sizeText);
const chunk = 10_000;
/** A key of 15 and a value of 85 bytes: a hundred in all. */
const keyAt = (/** @type {number} */ index) => `key:${String(index).padStart(11, "0")}`;
const valueAt = (/** @type {number} */ index) => `value-${String(index).padStart(79, "0")}`;

const openOurs = () => openStore({ backend: file({ path: join(folder, "ours") }), name: "bench" });
const openTheirs = () => open({ path: join(folder, "lmdb") });

async function fill() {
  const store = await openOurs();
  const database = openTheirs();
  for (let from = 0; from < size; from += chunk) {
    const pairs = Array.from(
      { length: Math.min(chunk, size - from) },
      (_, index) => /** @type {const} */ ([keyAt(from + index), valueAt(from + index)]),
    );
    store.setMany(pairs);
    await store.flush();
    await database.transaction(() => {
      for (const [key, value] of pairs) database.put(key, value);
    });
  }
  await store.close();
  await database.close();
}

/** Opens what is asked for; the result keeps it alive, and has as many entries as it says. */
async function hold() {
  if (task === "holdall") return openOurs();
  const held = new Map();
  for (const { key, value } of openTheirs().getRange()) held.set(key, value);
  return held;
}

if (task === "fill") {
  await fill();
} else {
  const used = () => {
    collectAll();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heapUsed, external, rss };
  };
  const before = used();
  const start = performance.now();
  const held = await hold();
  const nanoseconds = (performance.now() - start) * 1e6;
  if (held.size !== size) throw new Error(`${task} holds ${held.size}`);
  const after = used();
  const outside = Math.max(after.external - before.external, engineBytes());
  console.log(
    JSON.stringify({ nanoseconds, bytes: (after.heapUsed - before.heapUsed + outside) / size, resident: (after.rss - before.rss) / size }),
  );
  // Used once more, so that nothing was let go of before.
  if (held.size !== size) throw new Error(`${task} holds ${held.size}`);
  process.exit();
}
