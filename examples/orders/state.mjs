// @ts-check
/** Owns where the job's state is kept: a store on a backend, and the folder for the books of the other companies, which are none of the store's business. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "holdall";
import { file } from "holdall/backends/file";
import { memory } from "holdall/backends/memory";
import { redis } from "holdall/backends/redis";
import { startOwnRedis } from "../redis/own-server.mjs";
import { Journal } from "./outside.mjs";

/** @typedef {"file" | "memory" | "redis"} BackendKind */

/** What state can be kept on. */
export const backendKinds = /** @type {const} */ (["file", "redis", "memory"]);

/**
 * Opens the state, as a process before may have left it.
 *
 * @param {{ backend: BackendKind, folder: string, url?: string | undefined }} options Of Redis the URL; without one a server of our own is started.
 */
export async function openState({ backend: kind, folder, url }) {
  const own = kind === "redis" && url === undefined ? await startOwnRedis(join(folder, "redis-data")) : undefined;
  const backends = {
    file: () => file({ path: join(folder, "store") }),
    redis: () => redis({ url: url ?? own?.url, prefix: "holdall-example" }),
    memory: () => memory(),
  };
  const backend = backends[kind]();
  const close = async () => {
    await backend.close();
    await own?.close();
  };
  try {
    const store = await openStore({ backend, name: "orders" });
    return {
      store,
      books: booksIn(kind === "memory" ? undefined : join(folder, `books-${kind}`)),
      close: () => store.close().finally(close),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The books of other companies, by run; in memory without a folder.
 *
 * @param {string | undefined} folder
 */
function booksIn(folder) {
  return {
    /** @type {<Entry>(run: string, name: string) => Journal<Entry>} */
    open: (run, name) => new Journal(folder && join(folder, run, `${name}.jsonl`)),
    /** Throws all away: another job begins. */
    clear: () => folder && rmSync(folder, { recursive: true, force: true }),
  };
}
