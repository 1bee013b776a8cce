/** A worker that was frozen longer than a run is kept knows the run still: it begins it no second time, and makes nothing anew. */
import { expect, onTestFinished, test } from "vitest";
import type { Backend } from "../../../ts/backends/backend.js";
import { memory } from "../../../ts/backends/memory/index.js";
import { openStore } from "../../../ts/index.js";
import { manualClock } from "../../../ts/testing/index.js";
import { createRunner } from "../../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, statuses, until } from "../support.js";
import { Frozen } from "./frozen.js";

test("a run whose time is over is none to a worker that saw it running last", async () => {
  const clock = manualClock(1_000);
  const shared = memory({ clock });
  const frozen = new Frozen(shared);
  onTestFinished(() => shared.close());
  let times = 0;
  const workerOn = async (backend: Backend, worker: string) => {
    const store = await openStore({ backend, clock });
    const openRun = (name: string) => openStore({ backend, clock, name });
    const runner = createRunner({ store, openRun, worker, clock, nodes: { a: () => ++times }, retention: { completed: "1s" } });
    return { store, runner };
  };
  const one = await workerOn(shared, "one");
  const late = await workerOn(frozen, "late");
  await one.runner.upsertGraph("g", graph({ a: "" }));
  await late.store.sync();
  const run = await one.runner.trigger("g", { id: "x" });
  await late.store.sync();
  frozen.freeze();
  await run.done;
  await pass(clock, 1_000);
  expect([...one.store.keys({ prefix: "run:" })]).toEqual([]);
  expect([...late.store.keys({ prefix: "run:g:x:" })]).not.toEqual([]);

  await rejectionOf(late.runner.resume("g:x"), "NOT_FOUND");
  expect([times, frozen.opened]).toEqual([1, ["default"]]);
  for (const { runner, store } of [one, late]) {
    await runner.close();
    await store.close();
  }
});

test("a run that has the id of one whose time is over is another one to a worker that was at that", async () => {
  const clock = manualClock(1_000);
  const shared = memory({ clock });
  const frozen = new Frozen(shared);
  onTestFinished(() => shared.close());
  const slow = gate();
  const later = gate();
  const ran: string[] = [];
  const workerOn = async (backend: Backend, worker: string) => {
    const store = await openStore({ backend, clock });
    const nodes = {
      a: () => slow.opened.then(() => ran.push(`${worker} a`)),
      b: () => ran.push(`${worker} b`),
      c: () => later.opened.then(() => ran.push(`${worker} c`)),
    };
    return { store, runner: createRunner({ store, worker, clock, nodes, retention: { completed: "1s" } }) };
  };
  const one = await workerOn(shared, "one");
  const late = await workerOn(frozen, "late");
  await one.runner.upsertGraph("g", graph({ a: "b", b: "" }));
  const first = await one.runner.trigger("g", { id: "x" });
  await until(() => statuses(one.runner, "g:x").a === "running");
  await late.store.sync();
  const seen = await late.runner.resume("g:x");
  frozen.freeze();
  slow.open();
  await first.done;
  await pass(clock, 1_000);
  await one.runner.upsertGraph("g", graph({ c: "b", b: "" }));
  const second = await one.runner.trigger("g", { id: "x" });
  await until(() => statuses(one.runner, "g:x").c === "running");
  await late.store.sync();
  await rejectionOf(seen.done, "NOT_FOUND");
  later.open();
  await second.done;
  expect(ran).toEqual(["one a", "one b", "one c", "one b"]);
  for (const { runner, store } of [one, late]) {
    await runner.close();
    await store.close();
  }
});
