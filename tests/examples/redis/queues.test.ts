/** The example of queues prints the same on queues in memory, on a server that is there, and on one of its own. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RedisServer, startRedis } from "../../servers/redis.js";

const folder = fileURLToPath(new URL("../../../examples/queues/", import.meta.url));
const run = async (...options: string[]) =>
  (await promisify(execFile)(process.execPath, [`${folder}main.mjs`, ...options])).stdout.split("\n");
const expected = [
  "table 1: soup, pasta; water",
  "table 2: risotto; wine, wine",
  "table 3: soup, salad, cake; juice, tea",
  "table 4: pasta, pasta; beer",
  "queue_tickets_kitchen → restaurant-kitchen: 0 left",
  "queue_tickets_bar → restaurant-bar: 0 left",
  "",
];

const temporary = mkdtempSync(join(tmpdir(), "holdall-queues-"));
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server?.stop();
  rmSync(temporary, { recursive: true });
});

it("in memory", async () => {
  expect(await run()).toEqual(expected);
});

it("on a Redis server that is there: in its documented keys, of which none is left behind", async () => {
  expect(await run("--backend", "redis", "--url", `redis://127.0.0.1:${server.port}`)).toEqual(expected);
  expect(await server.cli("INFO", "commandstats")).toContain("cmdstat_lpush:calls=8");
  expect(await server.cli("DBSIZE")).toBe("0");
});

it("on a server of its own", async () => {
  expect(await run("--backend", "redis", "--state", temporary)).toEqual(expected);
});

it("refuses a backend that is none", async () => {
  await expect(run("--backend", "paper")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("not paper") });
});
