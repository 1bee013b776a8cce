/** Processes share a store: conditions are exact between them, and each sees the others' commits soon. */
import { expect, test } from "vitest";
import { file } from "../../../../ts/backends/file/index.js";
import { ended, newFolder, openReplica, program } from "./support.js";

test("four processes that count one entry up lose no count", async () => {
  const start = await program("counter");
  const path = newFolder();
  const children = Array.from({ length: 4 }, () => start(path, "50"));
  let printed = "";
  for (const child of children) child.stdout?.on("data", (data: Buffer) => (printed += data));
  // They meet: of four who have read that there is no entry, three find that another has made it.
  await expect.poll(() => printed).toBe("read\n".repeat(4));
  for (const child of children) child.stdin?.end("go on\n");
  expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0, 0]);
  const backend = file({ path });
  const replica = await openReplica(backend);
  expect(await replica.texts()).toEqual({ count: "200" });
  expect((await replica.store.head()).number).toBe(200);
  const conflicts = printed.split("\n").reduce((sum, line) => sum + (Number(line) || 0), 0);
  expect(conflicts).toBeGreaterThanOrEqual(3);
  await backend.close();
});

test("a process at rest hears of a commit of another, which comes out of rest too, soon", async () => {
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
  expect(tellings).toBeGreaterThan(15);
  // From the decision of the commit on: its flush is in it, and what others do on the machine, which spares some of them. Half come within 30 ms where nobody else
  // does anything; of looks that are a second apart, a tenth would take 100 ms.
  const soonest = delays.sort((left, right) => left - right)[Math.floor(delays.length / 10)];
  expect(soonest).toBeLessThan(75);
});
