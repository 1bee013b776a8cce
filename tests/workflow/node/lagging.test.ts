/**
 * What a runner decides about runs it decides by what is so, and not by what it saw last: a replica may lag, so what another process had begun, ended or
 * resumed just before was unknown, or had ended, to `cancel` and `resume`.
 */
import { describe, expect, it, onTestFinished } from "vitest";
import type { Backend } from "../../../ts/backends/backend.js";
import { memory } from "../../../ts/backends/memory/index.js";
import { openStore } from "../../../ts/index.js";
import { manualClock } from "../../../ts/testing/index.js";
import { createRunner, type NodeCode } from "../../../ts/workflow/index.js";
import { gate, graph, rejectionOf, statuses, until } from "../support.js";
import { Frozen } from "./frozen.js";

describe.each(["runs in the runner's store", "runs in stores of their own"])("beside another process, with %s,", (where) => {
  const isOwn = where.includes("own");

  const setUp = async ({ a }: { readonly a: () => unknown }) => {
    const clock = manualClock(1_000);
    // A test that fails leaves its node as it is, which closing would wait for.
    const ended = gate();
    const nodes: Record<string, NodeCode> = { a: async () => Promise.race([a(), ended.opened]) };
    const shared = memory({ clock });
    const frozen = new Frozen(shared);
    onTestFinished(() => shared.close());
    const runnerOn = async (backend: Backend, worker: string) => {
      const store = await openStore({ backend, clock });
      const openRun = (name: string) => openStore({ backend, clock, name });
      const runner = createRunner({ store, worker, clock, nodes, ...(isOwn && { openRun }) });
      onTestFinished(async () => {
        await runner.close();
        await store.close();
      });
      return { store, runner };
    };
    const one = await runnerOn(shared, "one");
    const late = await runnerOn(frozen, "late");
    await one.runner.upsertGraph("g", graph({ a: "" }));
    await late.store.sync();
    onTestFinished(() => ended.open());
    return { one: one.runner, late: late.runner, store: late.store, frozen };
  };

  it("cancel ends a run that began just before", async () => {
    const { one, late, frozen } = await setUp({ a: () => new Promise(() => {}) });
    frozen.freeze();
    const { id, done } = await one.trigger("g");
    await until(() => statuses(one, id).a === "running");
    expect(late.inspect(id)).toBeUndefined();
    expect(await late.cancel(id)).toBe(true);
    await rejectionOf(done, "CANCELLED");
    await rejectionOf(late.cancel("g:none"), "NOT_FOUND");
  });

  it("cancel ends what was resumed just before", async () => {
    let isFirst = true;
    const { one, late, store, frozen } = await setUp({
      a: () => {
        if (!isFirst) return new Promise(() => {});
        isFirst = false;
        throw new Error("once");
      },
    });
    const first = await one.trigger("g");
    await rejectionOf(first.done, "NODE_FAILED");
    await store.sync();
    expect(late.inspect(first.id)?.run.status).toBe("failed");
    frozen.freeze();
    const again = await one.resume(first.id);
    await until(() => statuses(one, first.id).a === "running");
    expect(late.inspect(first.id)?.run.status).toBe("failed");
    expect(await late.cancel(first.id)).toBe(true);
    await rejectionOf(again.done, "CANCELLED");
    expect(await late.cancel(first.id)).toBe(false);
  });

  it("cancel does not end what has completed just before", async () => {
    const slow = gate<number>();
    const { one, late, store, frozen } = await setUp({ a: () => slow.opened });
    const { id, done } = await one.trigger("g");
    const seen = await late.resume(id);
    await until(() => statuses(one, id).a === "running");
    await store.sync();
    frozen.freeze();
    slow.open(7);
    expect((await done).outputs).toEqual({ a: 7 });
    expect(late.inspect(id)?.run.status).toBe("running");
    expect(await late.cancel(id)).toBe(false);
    expect((await seen.done).outputs).toEqual({ a: 7 });
  });

  it("resume takes part in a run that began just before", async () => {
    const slow = gate<number>();
    const { one, late, frozen } = await setUp({ a: () => slow.opened });
    frozen.freeze();
    const { id } = await one.trigger("g");
    await until(() => statuses(one, id).a === "running");
    const run = await late.resume(id);
    slow.open(7);
    expect((await run.done).outputs).toEqual({ a: 7 });
  });

  it("resume tries again what failed just before", async () => {
    let starts = 0;
    const slow = gate();
    const { one, late, store, frozen } = await setUp({
      a: async () => {
        starts += 1;
        if (starts > 1) return starts;
        await slow.opened;
        throw new Error("once");
      },
    });
    const { id, done } = await one.trigger("g");
    await until(() => statuses(one, id).a === "running");
    await store.sync();
    const seen = await late.resume(id);
    await until(() => statuses(late, id).a === "running");
    frozen.freeze();
    slow.open();
    await rejectionOf(done, "NODE_FAILED");
    expect(late.inspect(id)?.run.status).toBe("running");
    expect((await (await late.resume(id)).done).outputs).toEqual({ a: 2 });
    // Whoever was there already hears of that failure, or takes part in what comes of it.
    await seen.done.catch((error) => expect(error).toMatchObject({ code: "NODE_FAILED" }));
  });

  it("trigger and progress know the graph and the run that were made just before", async () => {
    const { one, late, frozen } = await setUp({ a: () => 1 });
    frozen.freeze();
    await one.upsertGraph("new", graph({ a: "" }));
    expect((await (await late.trigger("new")).done).outputs).toEqual({ a: 1 });
    frozen.freeze();
    const { id, done } = await one.trigger("new");
    await done;
    expect(late.inspect(id)).toBeUndefined();
    expect((await late.progress(id))?.run.status).toBe("completed");
    expect(await late.progress("new:none")).toBeUndefined();
  });
});
