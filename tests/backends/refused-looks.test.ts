/**
 * A store that was full looked through all of its entries for each commit that it refused, once something in it had expired: what nothing expires before was never
 * raised where nothing was found. With 100,000 entries in a folder that was a second and a half for each, in which nobody else could write.
 */
import { expect, test } from "vitest";
import { LocalBackend } from "../../ts/backends/local/backend.js";
import type { Medium, Procedure, Question, Shelf } from "../../ts/backends/local/shelf.js";
import { memoryCapabilities as capabilities } from "../../ts/backends/memory/index.js";
import { MemoryMedium } from "../../ts/backends/memory/medium.js";
import { manualClock } from "../../ts/testing/index.js";
import { put, Replica } from "../../ts/testing/suites/backend/trial.js";

/** A medium that counts the looks at all entries. */
function counting(): { readonly medium: Medium; readonly looks: () => number } {
  const medium = new MemoryMedium();
  let count = 0;
  const watched = (shelf: Shelf): Shelf => ({
    state: () => shelf.state(),
    replica: (id) => shelf.replica(id),
    replicas: () => shelf.replicas(),
    entries: (keys) => shelf.entries(keys),
    log: (after, limit) => shelf.log(after, limit),
    scan: (prefix, after) => {
      count++;
      return shelf.scan(prefix, after);
    },
  });
  function* counted<End>(procedure: Procedure<End>): Procedure<End> {
    let step = procedure.next();
    while (!step.done) {
      const question: Question = step.value;
      step = procedure.next(yield (shelf) => question(watched(shelf)));
    }
    return step.value;
  }
  const write: Medium["write"] = (name, procedure) => medium.write(name, () => counted(procedure()));
  return {
    medium: {
      write,
      read: (name, procedure) => medium.read(name, procedure),
      watch: (...all) => medium.watch(...all),
      close: async () => {},
    },
    looks: () => count,
  };
}

test("a full store in which something has expired is looked through once, and not for each commit that it refuses", async () => {
  const clock = manualClock(1_700_000_000_000);
  const { medium, looks } = counting();
  const backend = new LocalBackend("memory", capabilities, async () => medium, { clock });
  const limits = { maxEntries: 2 };
  const one = new Replica(await backend.open({ name: "full", scope: "", replica: "one", limits }), "one");
  const { number } = await one.committed([put("a", "1", 20), put("b", "1", 1_000)]);
  clock.advance(20);
  await one.committed([{ type: "expire", key: "a", version: number }]);
  await one.committed([put("a", "1")]);
  for (const _ of [1, 2, 3]) expect(await one.commit([put("c", "1")])).toMatchObject({ type: "refused", code: "QUOTA_EXCEEDED" });
  expect(looks()).toBe(1);
  // And what expires later is found when its time has come.
  clock.advance(980);
  await one.committed([put("c", "1")]);
  expect(await one.texts()).toEqual({ a: "1", c: "1" });
  await backend.close();
});
