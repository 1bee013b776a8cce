/**
 * The Redis that tests and benchmarks run against: found, and installed where that is allowed.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { installByApt, mayInstall } from "./apt.mjs";
import { findOnPath, say } from "./run.mjs";

/** The server to start: `HOLDALL_REDIS_SERVER` (a Valkey, say), else `redis-server` or `valkey-server` on PATH. */
export function findRedis() {
  const named = process.env.HOLDALL_REDIS_SERVER;
  if (named) return existsSync(named) ? named : undefined;
  return findOnPath("redis-server") ?? findOnPath("valkey-server");
}

/** The command line to ask it by: `HOLDALL_REDIS_CLI`, else `redis-cli` or `valkey-cli` on PATH. */
export function findRedisCli() {
  const named = process.env.HOLDALL_REDIS_CLI;
  if (named) return existsSync(named) ? named : undefined;
  return findOnPath("redis-cli") ?? findOnPath("valkey-cli");
}

/** As `findRedis`, after installing Debian's where that is allowed. */
export async function ensureRedis() {
  const isThere = () => findRedis() !== undefined && findRedisCli() !== undefined;
  if (isThere()) return say("Redis: there");
  if (mayInstall()) {
    say("Redis: installing it by apt");
    await installByApt("redis-server");
    if (isThere()) return;
  }
  say(
    "Redis: missing. Install it (`apt-get install redis-server`, say) or name a server and its command line by HOLDALL_REDIS_SERVER and HOLDALL_REDIS_CLI; the tests that need it are left out.",
  );
}
