/**
 * A real Redis server of one's own: on a free port of the loopback, in a temporary folder that goes with it.
 *
 * Always holds: what was written before `kill()` and acknowledged is there after `start()` (the server appends every command to its log and
 * waits for the disk); processes are stopped by their id.
 *
 * @module
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findRedis, findRedisCli } from "./redis.mjs";

/** Where servers listen. */
export const host = "127.0.0.1";

/**
 * Options of a server.
 *
 * @typedef {object} RedisServerOptions
 * @property {boolean} [durable] Whether acknowledged writes survive `kill()`. Default `true`; without, the server is faster and forgets.
 * @property {string} [maxMemory] The bound of its memory, such as `"8mb"`; beyond it writes are refused. Default: none.
 * @property {readonly string[]} [flags] Further flags, such as `["--requirepass", "secret"]`.
 */

/** How long a server may take to answer, in milliseconds. */
const patience = 15_000;

/**
 * Ports that nobody listens on now.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, host);
      await once(server, "listening");
      return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Runs `redis-cli` with arguments, and gives what it prints without the last line break.
 *
 * @param {readonly string[]} parameters
 * @param {string} [input] What it reads from its input; with the flag `-x`, the last argument.
 * @returns {Promise<string>}
 */
export async function redisCli(parameters, input) {
  const running = promisify(execFile)(findRedisCli() ?? "redis-cli", parameters, { timeout: patience, maxBuffer: 2 ** 28 });
  running.child.stdin?.end(input);
  return (await running).stdout.replace(/\n$/, "");
}

/** One server: a process that can be killed and started again on the same port and folder. */
export class RedisServer {
  /** Its address. */
  host = host;
  /** Its port. */
  port = 0;
  /** Its folder: data, log, and the socket `redis.sock`. */
  folder = mkdtempSync(join(tmpdir(), "holdall-redis-"));
  /** The unix socket that it listens on as well. */
  socket = join(this.folder, "redis.sock");
  #options;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;

  /** @param {RedisServerOptions} [options] */
  constructor(options = {}) {
    this.#options = options;
  }

  /** The id of its process; `undefined` when it does not run. */
  get pid() {
    return this.#process?.pid;
  }

  /** Starts it, the first time on a free port, and waits until it answers. */
  async start() {
    if (this.port === 0) [this.port = 0] = await freePorts(1);
    const { durable = true, maxMemory, flags = [] } = this.#options;
    const where = ["--bind", host, "--port", String(this.port), "--unixsocket", this.socket, "--dir", this.folder];
    const kept = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
    const bounded = maxMemory === undefined ? [] : ["--maxmemory", maxMemory, "--maxmemory-policy", "noeviction"];
    const log = join(this.folder, "server.log");
    const common = ["--save", "", "--daemonize", "no", "--logfile", log];
    const program = findRedis();
    if (program === undefined) throw new Error("there is no redis-server: run `npm run setup -- --test`");
    const child = spawn(program, [...where, ...kept, ...bounded, ...common, ...flags], { stdio: "ignore" });
    this.#process = child;
    // A process that ends before it has stopped its servers leaves none behind.
    const endToo = () => void child.kill("SIGKILL");
    process.once("exit", endToo);
    child.once("exit", () => {
      process.removeListener("exit", endToo);
      if (this.#process === child) this.#process = undefined;
    });
    await once(child, "spawn");
    for (const began = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 5))) {
      if (this.#process !== child) throw new Error(`redis-server ended at once:\n${readFileSync(log, "utf8")}`);
      if (await answers(this.port)) return;
      if (Date.now() - began > patience) throw new Error("redis-server does not answer");
    }
  }

  /** Kills it, as a crash would (`kill -9`), and waits until it is gone. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Kills it and starts it again on its port and folder. */
  async restart() {
    await this.kill();
    await this.start();
  }

  /** Stops its process without ending it: connections stay, and nothing is answered until `resume()`. */
  pause() {
    this.#process?.kill("SIGSTOP");
  }

  /** Lets a paused process go on. */
  resume() {
    this.#process?.kill("SIGCONT");
  }

  /** Ends it and removes its folder. */
  async stop() {
    this.resume();
    await this.#end("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Asks it by `redis-cli`; see {@link redisCli}.
   *
   * @param {...string} parameters
   */
  cli(...parameters) {
    return redisCli(["-h", host, "-p", String(this.port), ...parameters]);
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#process;
    if (child === undefined) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }
}

/**
 * Whether a server answers a PING, or refuses it by a reply of its own (a password, say).
 *
 * @param {number} port
 */
async function answers(port) {
  try {
    return !/^(?:LOADING|$)|Could not connect/.test(await redisCli(["-h", host, "-p", String(port), "PING"]));
  } catch {
    return false;
  }
}

/**
 * Starts a server. Stop it by its `stop()`.
 *
 * @param {RedisServerOptions} [options]
 */
export async function startRedis(options) {
  const server = new RedisServer(options);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
