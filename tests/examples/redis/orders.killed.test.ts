/** The main job may be killed at any moment, and goes on where it was: on Redis, a server that stays and one that the job starts for itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { KilledJob, kills, slowly } from "../orders.support.js";

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());

const jobs: KilledJob[] = [];
const jobOf = (orders: number, ...options: string[]) => {
  const job = new KilledJob(orders, "--backend", "redis", ...options);
  jobs.push(job);
  return job;
};
afterEach(() => {
  for (const job of jobs.splice(0)) job.dispose();
});

it(
  `kill -9 at ${kills} random moments loses no order and charges none twice`,
  async () => {
    const job = jobOf(50, "--url", `redis://127.0.0.1:${server.port}`);
    console.log(`redis: killed ${kills} times, finished ${(await job.killAtRandom(kills)).finished} times`);
  },
  240_000 + kills * 60_000,
);

it("goes on with a server of its own, which goes when the job is killed, and has everything when it is started again", async () => {
  const job = jobOf(40);
  expect((await job.live(job.called(20), ...slowly)).status).toBeNull();
  const keeper = Number(readFileSync(join(job.state, "redis-data/keeper.pid"), "utf8"));
  while (isAlive(keeper)) await new Promise((resolve) => setTimeout(resolve, 5));
  const next = await job.live();
  job.expectFinished(next);
  expect(next.stdout).toMatch(/^resuming: \d+ of 40 orders done/);
});

it("names a server that does not answer", async () => {
  const { status, stderr } = await jobOf(5).live(undefined, "--url", "redis://127.0.0.1:1");
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^UNAVAILABLE: /)]);
});
