/** The main job may be killed at any moment, and goes on where it was: on the file backend. On Redis: redis/orders.killed.test.ts. */
import { afterEach, expect, it } from "vitest";
import { workers } from "../../examples/orders/job.mjs";
import { KilledJob, kills, slowly } from "./orders.support.js";

const jobs: KilledJob[] = [];
const jobOf = (orders: number) => {
  const job = new KilledJob(orders);
  jobs.push(job);
  return job;
};
afterEach(() => {
  for (const job of jobs.splice(0)) job.dispose();
});

it("goes on where it was killed, and says so; when it has finished, another start begins anew", async () => {
  const job = jobOf(40);
  expect((await job.live(job.called(20), ...slowly)).status).toBeNull();
  const second = await job.live(job.called(10), ...slowly);
  expect(second.status).toBeNull();
  const third = await job.live();
  job.expectFinished(third);
  expect(third.stdout).toMatch(/^resuming: \d+ of 40 orders done/);
  const calls = job.calls.length;

  const anew = await job.live();
  job.expectFinished(anew);
  expect(anew.stdout).toMatch(/^40 orders from/);
  // What the gateway had answered is not asked again, but for the answers that were under way at the two kills.
  expect(calls).toBeLessThanOrEqual(job.calls.length + 2 * workers);
});

it("begins anew by --fresh, and refuses to go on with other orders", async () => {
  const job = jobOf(40);
  await job.live(job.called(20), ...slowly);
  const others = jobOf(41);
  const refused = await job.live(undefined, "--orders", `${others.state}/orders.jsonl`);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("--fresh")]);
  const fresh = await job.live(undefined, "--fresh");
  job.expectFinished(fresh);
  expect(fresh.stdout).toMatch(/^40 orders from/);
});

it("is taken over by a second process, and stops", async () => {
  const job = jobOf(40);
  const first = job.live(undefined, "--seconds", "60");
  const isUnderWay = job.called(5);
  while (!isUnderWay()) await new Promise((resolve) => setTimeout(resolve, 5));
  const second = await job.live();
  job.expectFinished(second);
  expect(second.stdout).toMatch(/^resuming/);
  expect(await first).toMatchObject({ status: 1, stderr: expect.stringMatching(/^LEASE_LOST: /) });
});

it(
  `kill -9 at ${kills} random moments loses no order and charges none twice`,
  async () => {
    const job = jobOf(50);
    console.log(`file: killed ${kills} times, finished ${(await job.killAtRandom(kills)).finished} times`);
  },
  240_000 + kills * 60_000,
);
