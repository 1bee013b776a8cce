/** The server that examples start for themselves: one at a time on a folder, and nothing of it is left behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startOwnRedis } from "../../../examples/redis/own-server.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdall-own-redis-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Asks a server once. */
async function ask<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

it("has what it had when it is started again on its folder", async () => {
  const first = await startOwnRedis(folder);
  await ask(first.url, (client) => client.set("key", "value"));
  await first.close();
  const second = await startOwnRedis(folder);
  expect(await ask(second.url, (client) => client.get("key"))).toBe("value");
  await second.close();
});

it("waits until the one before it on the folder has ended", async () => {
  const before = spawn("sleep", ["600"]);
  writeFileSync(join(folder, "keeper.pid"), `${before.pid}`);
  let isUp = false;
  const starting = startOwnRedis(folder).then((server) => {
    isUp = true;
    return server;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(isUp).toBe(false);
  before.kill();
  await once(before, "exit");
  await (await starting).close();
});
