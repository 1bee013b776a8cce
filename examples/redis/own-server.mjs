// @ts-check
/**
 * Owns a Redis server of an example's own: on a free port of the loopback, with its data in a folder, on the disk before anything is acknowledged. It goes when the
 * process goes that started it, however that ends; started again, it has what was acknowledged.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

/** There is no server, or it does not start; the message says what to do. */
export class ServerError extends Error {}

/** How long a server may take to start or to end, in milliseconds. */
const patience = 60_000;

/**
 * Starts a server, and gives its URL and what ends it.
 *
 * @param {string} folder Its data; made where it is missing.
 */
export async function startOwnRedis(folder) {
  const program = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (program === undefined)
    throw new ServerError("There is no redis-server on PATH. Install one, or name a running one by --url redis://host:port.");
  mkdirSync(folder, { recursive: true });
  const pidFile = resolve(folder, "keeper.pid");
  await untilGone(pidFile);
  const port = await freePort();
  const where = ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", resolve(folder)];
  const how = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--logfile", resolve(folder, "redis.log")];
  // A shell that reads from us until we are gone, even by kill -9; then it ends the server. In a process group of its own, so that Ctrl-C is not for it.
  const script = '"$@" & server=$!; cat >/dev/null; kill "$server" 2>/dev/null; wait "$server"';
  const keeper = spawn("sh", ["-c", script, "sh", program, ...where, ...how], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  writeFileSync(pidFile, `${keeper.pid}`);
  const close = async () => {
    keeper.ref();
    const gone = once(keeper, "exit");
    keeper.stdin.end();
    await gone;
  };
  for (const began = Date.now(); !(await answers(port)); await setTimeout(10)) {
    if (Date.now() - began < patience) continue;
    await close();
    throw new ServerError(`${program} does not start: see ${join(folder, "redis.log")}.`);
  }
  keeper.unref();
  return { url: `redis://127.0.0.1:${port}`, close };
}

/**
 * Waits until the server that a killed process had here has ended: two must not write to one folder.
 *
 * @param {string} pidFile
 */
async function untilGone(pidFile) {
  for (const began = Date.now(); existsSync(pidFile); await setTimeout(10)) {
    const pid = Number(readFileSync(pidFile, "utf8"));
    if (!isAlive(pid)) return;
    if (Date.now() - began > patience) throw new ServerError(`Process ${pid} still has that folder; end it, or remove ${pidFile}.`);
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Whether a server answers a PING.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answers(port) {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("error", () => done(false)).once("close", () => done(false));
    socket.once("data", (data) => {
      done(String(data).startsWith("+PONG"));
      socket.destroy();
    });
  });
}
