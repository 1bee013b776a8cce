/** What a local backend's head says holds whatever clocks do and however large commits are: its time never goes back, and its log stays within its bounds. */
import { expect, test } from "vitest";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import { ask } from "../../ts/backends/local/shelf.js";
import { memoryCapabilities as capabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { manualClock } from "../../ts/testing/index.js";
import { put, Replica } from "../../ts/testing/suites/backend/trial.js";

const start = 1_700_000_000_000;
const request = { name: "one", scope: "", replica: "one" };

test("a clock that is behind brings nothing back that has expired, nor takes time back", async () => {
  const medium = new MemoryMedium();
  const backendAt = (time: number) => new LocalBackend("memory", capabilities, async () => medium, { clock: manualClock(time) });
  const one = new Replica(await backendAt(start).open(request), "one");
  await one.committed([put("a", "1", 1_000)]);
  const ahead = new Replica(await backendAt(start + 5_000).open({ ...request, replica: "ahead" }), "ahead");
  const { time } = await ahead.committed([put("b", "1")]);
  expect(await one.store.head()).toMatchObject({ time });
  expect(await one.committed([put("a", "2")], { conditions: [{ key: "a", version: 0 }] })).toMatchObject({ time });
});

test("a log is as short as its bounds say, by commits and by bytes, and what is trimmed is kept nowhere", async () => {
  for (const log of [{ commits: 3 }, { bytes: 400 }]) {
    const medium = new MemoryMedium();
    const backend = new LocalBackend("memory", capabilities, async () => medium, { log });
    const one = new Replica(await backend.open(request), "one");
    for (let at = 0; at < 20; at++) await one.committed([put("a", "x".repeat(100))]);
    for (const first of [1, 10, 17]) expect(await medium.read("one", () => ask((shelf) => shelf.log(first - 1, 1)))).toEqual([]);
    const kept = await medium.read("one", () => ask((shelf) => shelf.log(17, 10)));
    expect(kept.map(({ number }) => number)).toEqual([18, 19, 20]);
    await backend.close();
  }
});
