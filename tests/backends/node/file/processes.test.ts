/** Processes share a store: conditions are exact between them, and each sees the others' commits soon. */
import { expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { ended, newFolder, openReplica, program } from "./support.js";

test("four processes that count one entry up lose no count", async () => {
  const start = await program("counter");
  const path = newFolder();
  const children = Array.from({ length: 4 }, () => start(path, "50"));
  let conflicts = 0;
  for (const child of children) child.stdout?.on("data", (data: Buffer) => (conflicts += Number(data)));
  expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0, 0]);
  const backend = file({ path });
  const replica = await openReplica(backend);
  expect(await replica.texts()).toEqual({ count: "200" });
  expect((await replica.store.head()).number).toBe(200);
  // They did meet.
  expect(conflicts).toBeGreaterThan(0);
  await backend.close();
}, 120_000);

test("a process at rest hears of a commit of another, which comes out of rest too, within 50 ms: half of them and more", async () => {
  const start = await program("writer");
  const path = newFolder();
  const backend = file({ path });
  const replica = await openReplica(backend);
  const delays: number[] = [];
  let tellings = 0;
  const child = start(path, "writer", "0", "80");
  await new Promise<void>((resolve) => {
    replica.store.follow(0, {
      commits(commits) {
        tellings += 1;
        for (const { time } of commits) delays.push(Date.now() - time);
        if (delays.length >= 60) resolve();
      },
      gap: () => {},
      failed: () => {},
    });
  });
  child.kill("SIGKILL");
  await ended(child);
  await backend.close();
  // Each came for itself: several at once would be one look.
  expect(tellings).toBeGreaterThan(30);
  const median = delays.sort((left, right) => left - right)[delays.length >> 1];
  // From the decision of the commit on: its flush is in it, and a machine that others use.
  expect(median).toBeLessThan(50);
}, 60_000);
