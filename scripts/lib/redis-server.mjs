/**
 * A real Redis server of one's own: on a free port of the loopback, in a temporary folder that goes with it.
 *
 * Always holds: what was written before `kill()` and acknowledged is there after `start()` (the server appends every command to its log and
 * waits for the disk); processes are stopped by their id.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findRedis, findRedisCli } from "./redis.mjs";
import { freePorts, host, ServerProcess } from "./server-process.mjs";

/**
 * Options of a server.
 *
 * @typedef {object} RedisServerOptions
 * @property {boolean} [durable] Whether acknowledged writes survive `kill()`. Default `true`; without, the server is faster and forgets.
 * @property {string} [maxMemory] The bound of its memory, such as `"8mb"`; beyond it writes are refused. Default: none.
 * @property {readonly string[]} [flags] Further flags, such as `["--requirepass", "secret"]`.
 */

/** How long a server may take to answer, in milliseconds. */
const patience = 60_000;

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
  /** @type {ServerProcess | undefined} */
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
    this.#process ??= await this.#prepare();
    await this.#process.start();
  }

  /** Kills it, as a crash would (`kill -9`), and waits until it is gone. */
  async kill() {
    await this.#process?.kill();
  }

  /** Kills it and starts it again on its port and folder. */
  async restart() {
    await this.kill();
    await this.start();
  }

  /** Stops its process without ending it: connections stay, and nothing is answered until `resume()`. */
  pause() {
    this.#process?.pause();
  }

  /** Lets a paused process go on. */
  resume() {
    this.#process?.resume();
  }

  /** Ends it and removes its folder. */
  async stop() {
    this.resume();
    await this.kill();
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

  async #prepare() {
    const program = findRedis();
    if (program === undefined) throw new Error("there is no redis-server: run `npm run setup -- --test`");
    [this.port = 0] = await freePorts(1);
    const { durable = true, maxMemory, flags = [] } = this.#options;
    const where = ["--bind", host, "--port", String(this.port), "--unixsocket", this.socket, "--dir", this.folder];
    const kept = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
    const bounded = maxMemory === undefined ? [] : ["--maxmemory", maxMemory, "--maxmemory-policy", "noeviction"];
    return new ServerProcess({
      program,
      flags: [...where, ...kept, ...bounded, "--save", "", "--daemonize", "no", ...flags],
      log: join(this.folder, "server.log"),
      patience,
      isReady: () => answers(this.port),
    });
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
