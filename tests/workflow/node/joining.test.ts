/** Who works on the runs of others tries again where the store of a run could not be opened: nobody else may be there. */
import { expect, test } from "vitest";
import { memory } from "../../../ts/backends/memory/index.js";
import { HoldallError, openStore } from "../../../ts/index.js";
import { manualClock } from "../../../ts/testing/index.js";
import { createRunner } from "../../../ts/workflow/index.js";
import { graph, pass, rejectionOf, turns, until } from "../support.js";

test("a run whose store could not be opened is gone to again", async () => {
  const clock = manualClock(1_000);
  const backend = memory({ clock });
  const store = await openStore({ backend, clock });
  let isAway = true;
  const openRun = async (name: string) => {
    if (isAway) throw new HoldallError("UNAVAILABLE", "away");
    return openStore({ backend, clock, name });
  };
  const reported: unknown[] = [];
  const runnerOf = (worker: string) =>
    createRunner({ store, openRun, worker, clock, nodes: { a: () => 1 }, onError: (error) => reported.push(error) });
  const first = runnerOf("first");
  await first.upsertGraph("g", graph({ a: "" }));
  await rejectionOf(first.trigger("g", { id: "x" }), "UNAVAILABLE");
  await first.close();
  const last = runnerOf("last");
  last.work();
  await turns();
  expect(reported).toMatchObject([{ code: "UNAVAILABLE" }]);
  isAway = false;
  await pass(clock, 10_000);
  await until(() => last.inspect("g:x")?.run.status === "completed");
  await last.close();
  expect(clock.pendingTimers).toBeLessThanOrEqual(1);
});
