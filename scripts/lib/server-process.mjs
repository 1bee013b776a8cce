/**
 * A server's process: on free ports of the loopback, ended with whoever has started it, and stopped by its id.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** Where servers listen. */
export const host = "127.0.0.1";

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

/**
 * Where ports are drawn from. Systems give those above to connections that go out: one of theirs could be taken before the server has it, and by who tries to reach a
 * server that was killed, which then cannot be started again.
 */
const [lowestPort, highestPort] = [15_000, 32_000];

/** Each process draws from a part of its own, as good as, and none twice: a port is free too while its server is down, or about to start. */
const [parts, given] = [17, /** @type {Set<number>} */ (new Set())];

/**
 * Ports that nobody listens on now, and that nobody else is given.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = /** @type {import("node:net").Server[]} */ ([]);
  const ports = /** @type {number[]} */ ([]);
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > 1_000 * count) throw new Error(`there are no ports from ${lowestPort} to ${highestPort}`);
    const size = (highestPort - lowestPort) / parts;
    const port = Math.floor(lowestPort + size * ((process.pid % parts) + Math.random()));
    if (given.has(port)) continue;
    const server = createServer();
    try {
      server.listen(port, host);
      await once(server, "listening");
      servers.push(server);
      ports.push(port);
      given.add(port);
    } catch {
      // Somebody has it.
    }
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * What a server needs to run.
 *
 * @typedef {object} ServerOptions
 * @property {string} program
 * @property {readonly string[]} flags
 * @property {string} log The file that what it prints goes to.
 * @property {number} patience How long it may take to get ready, in milliseconds.
 * @property {() => Promise<boolean>} isReady
 */

/** A program that can be killed and started again. */
export class ServerProcess {
  #options;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;

  /** @param {ServerOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** The id of its process; `undefined` when it does not run. */
  get pid() {
    return this.#child?.pid;
  }

  /** Starts it and waits until it is ready. */
  async start() {
    const { program, flags, log, patience, isReady } = this.#options;
    const printed = openSync(log, "a");
    const child = spawn(program, flags, { stdio: ["ignore", printed, printed] });
    closeSync(printed);
    this.#child = child;
    // A process that ends before it has stopped its servers leaves none behind.
    const endToo = () => void child.kill("SIGKILL");
    process.once("exit", endToo);
    child.once("exit", () => {
      process.removeListener("exit", endToo);
      if (this.#child === child) this.#child = undefined;
    });
    await once(child, "spawn");
    for (const began = Date.now(); !(await isReady()); await pause()) {
      if (this.#child !== child) throw new Error(`${program} ended at once:\n${lastLines(log)}`);
      if (Date.now() - began > patience) throw new Error(`${program} does not get ready:\n${lastLines(log)}`);
    }
  }

  /** Kills it, as a crash would (`kill -9`), and waits until it is gone. */
  async kill() {
    const child = this.#child;
    if (child === undefined) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Stops its process without ending it: nothing is answered until `resume()`. */
  pause() {
    this.#child?.kill("SIGSTOP");
  }

  /** Lets a paused process go on. */
  resume() {
    this.#child?.kill("SIGCONT");
  }

  /** Kills it and starts it again, with what it has kept. */
  async restart() {
    await this.kill();
    await this.start();
  }
}

/** @param {string} log */
function lastLines(log) {
  return readFileSync(log, "utf8").split("\n").slice(-20).join("\n");
}
