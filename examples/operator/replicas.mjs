// @ts-check
/**
 * The replicas of the operator as processes that the example starts, listens to and ends.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("replica.mjs", import.meta.url));

/** One replica. */
export class Replica {
  /** What it is called. */
  name;
  #child;
  #ready;

  /**
   * Starts it.
   *
   * @param {string} name
   * @param {{ kubeConfig: string, namespace: string, publisher: string, say: (replica: string, line: string) => void }} options
   */
  constructor(name, { kubeConfig, namespace, publisher, say }) {
    this.name = name;
    const parameters = ["--name", name, "--namespace", namespace, "--publisher", publisher, "--kubeconfig", kubeConfig];
    this.#child = spawn(process.execPath, [program, ...parameters], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface(this.#child.stdout);
    this.#ready = new Promise((resolve, reject) => {
      lines.once("line", resolve);
      this.#child.once("exit", () => reject(new Error(`the replica ${name} ended before it was ready`)));
    });
    // Who does not wait for it need not hear that it failed.
    this.#ready.catch(() => {});
    lines.on("line", (line) => say(name, line));
  }

  /** Waits until it watches. */
  async ready() {
    await this.#ready;
  }

  /** Kills it, as a crash would (`kill -9`). */
  kill() {
    return this.#end("SIGKILL");
  }

  /** Lets it settle what it has in work, and end. */
  stop() {
    return this.#end("SIGTERM");
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "close");
    this.#child.kill(signal);
    await gone;
  }
}
