/**
 * How long it takes from a commit to its event in another process: two of them answer each other's commits by a commit of their own, and half of a turn counts.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {import("holdall").BackedStore} BackedStore */

/**
 * Runs with another process that answers.
 *
 * @template Result
 * @param {"redis" | "kubernetes"} medium
 * @param {string} address The server's port, or a kubeconfig.
 * @param {() => Promise<Result>} body
 */
export async function withEcho(medium, address, body) {
  const echo = fork(fileURLToPath(new URL("echo.mjs", import.meta.url)), [medium, address]);
  try {
    await once(echo, "message");
    return await body();
  } finally {
    echo.kill();
  }
}

/**
 * Commits and waits for answers in turn, so many of both together.
 *
 * @param {BackedStore} store
 * @param {number} count
 */
export async function answerInTurn(store, count) {
  for (let turn = 0; turn < count / 2; turn++) {
    const answered = new Promise((resolve) => {
      const stop = store.watch("pong", () => {
        stop();
        resolve(undefined);
      });
    });
    store.set("ping", turn);
    await answered;
  }
}
