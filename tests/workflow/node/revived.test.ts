/** A failed run that was resumed goes on, whoever dies then: with stores of their own, others find it by the list alone. */
import { expect, test } from "vitest";
import { memory } from "../../../ts/backends/memory/index.js";
import { openStore } from "../../../ts/index.js";
import { manualClock } from "../../../ts/testing/index.js";
import { createRunner, type NodeCode, type RunRecord } from "../../../ts/workflow/index.js";
import { graph, pass, rejectionOf, statuses, turns, until } from "../support.js";

/** A run that was revived in its own store, by a process that was killed before it told the list. */
async function setUpRevived() {
  const clock = manualClock(1_000);
  const backend = memory({ clock });
  const store = await openStore({ backend, clock });
  const openRun = (name: string) => openStore({ backend, clock, name });
  const runnerOf = (worker: string, a: NodeCode) => createRunner({ store, openRun, worker, clock, nodes: { a } });
  const first = runnerOf("first", () => {
    throw new Error("bad");
  });
  await first.upsertGraph("g", graph({ a: "" }));
  const { id, done } = await first.trigger("g", { id: "x" });
  await rejectionOf(done, "NODE_FAILED");
  await first.close();
  const own = await openRun(`run:${id}`);
  await own.transaction((transaction) => {
    const run = transaction.scope(`run:${id}`);
    const { endedAt, failedNode, error, ...record } = run.getOrThrow("run") as unknown as RunRecord;
    run.delete("node:a");
    for (const key of run.keys()) run.persist(key);
    run.set("run", { ...record, status: "running" } as object, { tags: ["run:running"] });
  });
  const listed = () => store.get<RunRecord>(`run:${id}:run`)?.status;
  return { clock, id, own, runnerOf, listed };
}

test("when its worker dies, by those who work on what the list says", async () => {
  const { id, own, runnerOf, listed } = await setUpRevived();
  const stuck = runnerOf("stuck", () => new Promise(() => {}));
  await stuck.resume(id);
  await until(() => statuses(stuck, id).a === "running");
  expect(listed()).toBe("running");
  const last = runnerOf("last", () => "went on");
  last.work();
  await turns();
  // As when its time is over.
  own.delete("worker:stuck");
  await until(() => listed() === "completed");
});

test("when nobody resumes it again, once its time is over by the list", async () => {
  const { id, clock, runnerOf, listed } = await setUpRevived();
  runnerOf("last", () => "went on").work();
  expect(listed()).toBe("failed");
  await pass(clock, 86_400_000 * 7);
  await until(() => listed() === "completed");
  expect(id).toBe("g:x");
});
