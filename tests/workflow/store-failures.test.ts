/**
 * A worker stays at its runs though their store fails for a while. It gave a run up at the first failure, and with that its nodes: others got them when its lease
 * was over, and never where other runs kept that alive.
 */
import { describe, expect, it } from "vitest";
import { HoldallError } from "../../ts/errors.js";
import type { NodeCode, OwnStore, RunnerOptions, RunStore } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, statuses, storeKinds, turns, until } from "./support.js";

/** A store that can be out of reach for commits. */
function flaky(store: RunStore) {
  const state = { isAway: false, refused: 0 };
  const cut: RunStore = {
    reader: () => store.reader(),
    transaction(body, options) {
      if (!state.isAway) return store.transaction(body, options);
      state.refused += 1;
      return Promise.reject(new HoldallError("UNAVAILABLE", "away"));
    },
  };
  return { state, cut };
}

describe.each(storeKinds)("on $kind, a worker whose store fails", (kind) => {
  const setUpFlaky = async (nodes: Record<string, NodeCode>, options: Partial<RunnerOptions> = {}) => {
    const setting = await setUp(kind, nodes);
    const { state, cut } = flaky(setting.store);
    const worker = setting.another({ worker: "flaky", store: cut, ...options });
    return { ...setting, state, worker };
  };

  it("goes on as soon as it works, and begins nothing beside itself", async () => {
    const slow = gate<string>();
    const quick = gate<string>();
    const ran: string[] = [];
    const node = (name: string, result: unknown): NodeCode => {
      return async () => {
        ran.push(name);
        return result as string;
      };
    };
    const { worker, state, clock, reported } = await setUpFlaky({
      slow: node("slow", slow.opened),
      quick: node("quick", quick.opened),
      last: node("last", "done"),
    });
    await worker.upsertGraph("g", graph({ slow: "last", quick: "last", last: "" }));
    worker.work();
    const run = await worker.trigger("g");
    await until(() => ran.length === 2);
    await until(() => statuses(worker, run.id).quick === "running");
    state.isAway = true;
    quick.open("q");
    await until(() => reported.length === 1);
    expect(reported).toMatchObject([{ code: "UNAVAILABLE" }]);
    // It asks ever more rarely, and tells of it once.
    await pass(clock, 2_000, 100);
    expect(state.refused).toBeLessThan(12);
    state.isAway = false;
    await pass(clock, 5_000, 100);
    await until(() => statuses(worker, run.id).quick === "completed");
    slow.open("s");
    expect((await run.done).outputs).toEqual({ slow: "s", quick: "q", last: "done" });
    expect([ran, reported.length]).toEqual([["slow", "quick", "last"], 1]);
    await worker.close();
  });

  it("takes what it could not take, though nobody else asks, and its lease lives on by other runs", async () => {
    const ran: string[] = [];
    const first = gate();
    const { worker, state, clock, reader, reported } = await setUpFlaky({
      other: () => new Promise(() => {}),
      a: async () => {
        ran.push("a");
        await first.opened;
        return "a";
      },
      b: {
        exec: () => {
          ran.push("b");
          return "b";
        },
      },
    });
    await worker.upsertGraph("other", graph({ other: "" }));
    await worker.upsertGraph("g", graph({ a: "b", b: "" }));
    worker.work();
    const other = await worker.trigger("other");
    const { id } = await worker.trigger("g");
    await until(() => statuses(worker, id).a === "running" && statuses(worker, other.id).other === "running");
    reader.subscribe(() => {
      if (reported.length === 0) state.isAway = statuses(worker, id).a === "completed";
    });
    first.open();
    await until(() => reported.length > 0);
    expect([statuses(worker, id), state.refused]).toEqual([{ a: "completed" }, 1]);
    state.isAway = false;
    await pass(clock, 1_000, 100);
    await until(() => worker.inspect(id)?.run.status === "completed");
    expect(ran).toEqual(["a", "b"]);
    expect(statuses(worker, other.id)).toEqual({ other: "running" });
    await worker.cancel(other.id);
    await worker.close();
  });

  it("gives a run up where it does not work on all of them, and says so to who triggered it", async () => {
    const slow = gate();
    const { worker, state, reported } = await setUpFlaky({ a: () => slow.opened.then(() => 1) });
    await worker.upsertGraph("g", graph({ a: "" }));
    const run = await worker.trigger("g");
    await until(() => statuses(worker, run.id).a === "running");
    state.isAway = true;
    slow.open();
    await rejectionOf(run.done, "UNAVAILABLE");
    state.isAway = false;
    expect([run.status, reported]).toEqual(["running", []]);
    expect((await (await worker.resume(run.id)).done).outputs).toEqual({ a: 1 });
    await worker.close();
  });

  it("that is closed meanwhile asks nothing any more", async () => {
    const slow = gate();
    const { worker, state, clock, reported } = await setUpFlaky({ a: () => slow.opened.then(() => 1) });
    await worker.upsertGraph("g", graph({ a: "" }));
    worker.work();
    const run = await worker.trigger("g");
    await until(() => statuses(worker, run.id).a === "running");
    state.isAway = true;
    slow.open();
    await until(() => reported.length === 1);
    await rejectionOf(worker.close(), "UNAVAILABLE");
    await rejectionOf(run.done, "UNAVAILABLE");
    state.isAway = false;
    await pass(clock, 60_000, 20_000);
    expect(run.status).toBe("running");
  });

  it("that has the store back when it is closed keeps what came of its nodes", async () => {
    const slow = gate();
    const { worker, state, reported } = await setUpFlaky({ a: () => slow.opened.then(() => 1) });
    await worker.upsertGraph("g", graph({ a: "" }));
    worker.work();
    const run = await worker.trigger("g");
    await until(() => statuses(worker, run.id).a === "running");
    state.isAway = true;
    slow.open();
    await until(() => reported.length === 1);
    state.isAway = false;
    await worker.close();
    expect((await run.done).outputs).toEqual({ a: 1 });
  });

  it.each(["exec", "post"])("keeps what %s has given by a commit whose answer was lost, and by no second one", async (phase) => {
    const ran: string[] = [];
    const a: NodeCode = { [phase]: () => ran.push("a") };
    const { store, another, runner, reported } = await setUp(kind, {
      a,
      b: () => ran.push("b"),
    });
    let isLost = false;
    const lossy: RunStore = {
      reader: () => store.reader(),
      async transaction(body, options) {
        const answer = await store.transaction(body, options);
        if (!isLost && statuses(runner, "g:x").a === "completed") {
          isLost = true;
          throw new HoldallError("OUTCOME_UNKNOWN", "lost");
        }
        return answer as never;
      },
    };
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const worker = another({ worker: "lossy", store: lossy });
    worker.work();
    const { id, done } = await worker.trigger("g", { id: "x" });
    await until(() => reported.length === 1);
    expect(reported).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    await until(() => worker.inspect(id)?.run.status === "completed");
    expect((await done).outputs).toEqual({ a: 1, b: 2 });
    expect(ran).toEqual(["a", "b"]);
  });
});

describe.each(storeKinds.filter(({ beside }) => beside !== undefined))("on $kind, a worker at a run in a store of its own", (kind) => {
  it.each(["could not be opened", "was closed beneath it"])("that %s goes to it again within a second", async (what) => {
    const slow = gate();
    const ran: string[] = [];
    const { store, another, clock, runner } = await setUp(kind, {
      a: () => ran.push("a"),
      b: async () => {
        ran.push("b");
        await slow.opened;
        return "b";
      },
    });
    const open = kind.beside?.(store) ?? expect.fail("no store beside it");
    let isAway = what === "could not be opened";
    let opened: OwnStore | undefined;
    const openRun = async (name: string) => {
      if (isAway) throw new HoldallError("UNAVAILABLE", "away");
      opened = await open(name);
      return opened;
    };
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const worker = another({ worker: "other", openRun });
    worker.work();
    const triggered = worker.trigger("g", { id: "x" });
    if (isAway) await rejectionOf(triggered, "UNAVAILABLE");
    else {
      await triggered;
      await until(() => statuses(worker, "g:x").b === "running");
      await opened?.close();
      slow.open();
    }
    await turns();
    isAway = false;
    slow.open();
    await pass(clock, 1_000, 100);
    await until(() => worker.inspect("g:x")?.run.status === "completed");
    expect(ran.filter((name) => name === "a")).toEqual(["a"]);
    await worker.close();
  });

  it("that is resumed while the list is told that it failed is driven on, and listed as running", async () => {
    const told = gate();
    const slow = gate();
    let starts = 0;
    let holds = false;
    const { store, another, reader } = await setUp(kind, {});
    const held: RunStore = {
      reader: () => store.reader(),
      transaction: async (body, options) => {
        if (holds) await told.opened;
        return store.transaction(body, options) as never;
      },
    };
    const a = async () => {
      starts += 1;
      if (starts > 1) return slow.opened.then(() => 7);
      holds = true;
      throw new Error("once");
    };
    const worker = another({ worker: "held", store: held, nodes: { a }, openRun: kind.beside?.(store) });
    await worker.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await worker.trigger("g");
    await until(() => worker.inspect(id)?.run.status === "failed");
    const again = await worker.resume(id);
    told.open();
    holds = false;
    await until(() => starts === 2);
    const listed = (status: string) => [...reader.find({ allTags: [`run:${status}`] })];
    expect([listed("running"), listed("failed")]).toEqual([[`run:${id}:run`], []]);
    slow.open();
    expect([(await again.done).outputs, (await done).outputs]).toEqual([{ a: 7 }, { a: 7 }]);
    await worker.close();
  });
});
