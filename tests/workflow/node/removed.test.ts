/** The stores of runs go with the runs: nothing of them is left in a folder, though those who remove them are killed in the midst of it. */
import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { file } from "../../../ts/backends/file/index.js";
import { seeded } from "../../seeded.js";
import type { Place } from "./place.js";
import { killsOf, newSeed, upTo, workers } from "./processes.js";
import { openShortRunner } from "./short-runner.js";

const short = workers<Place>("short-runs");

/** The names of all stores that a folder has. */
async function storesIn(path: string): Promise<string[]> {
  const root = open<Uint8Array, Uint8Array>({ keyEncoding: "binary", encoding: "binary", path, noSubdir: false, maxDbs: 8 });
  const stores = root.openDB<Uint8Array, Uint8Array>("stores", { keyEncoding: "binary", encoding: "binary" });
  const names = Array.from(stores.getKeys(), (key) => new TextDecoder().decode(key.subarray(1)));
  await root.close();
  return names;
}

test("processes that run and remove are killed at random, and what they leave the next one removes", { timeout: 300_000 }, async () => {
  const seed = newSeed();
  const random = seeded(seed);
  const folder = short.folder();
  const kills = killsOf(6);
  let left = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const [one, other] = [short.start({ folder }), short.start({ folder })];
    await one.executes(upTo(20, random));
    await new Promise((resolve) => setTimeout(resolve, random() * 10));
    await Promise.all([one.kill(), other.kill()]);
    left = Math.max(left, (await storesIn(folder)).length);
  }
  expect(left, `stores after a kill, seed ${seed}`).toBeGreaterThan(1);
  const backend = file({ path: folder });
  onTestFinished(() => backend.close());
  const { store, runner } = await openShortRunner(backend);
  runner.work();
  await expect.poll(() => [...store.keys({ prefix: "run:" })]).toEqual([]);
  await runner.close();
  await store.close();
  expect(await storesIn(folder), `seed ${seed}`).toEqual(["default"]);
});
