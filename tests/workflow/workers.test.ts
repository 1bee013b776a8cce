/** Promises of contract 13: workers share the nodes of a run by leases that are renewed and taken over, and whose loss no commit survives. */
import { describe, expect, it } from "vitest";
import type { StoreWriter } from "../../ts/index.js";
import type { NodeContext, NodeRecord } from "../../ts/workflow/index.js";
import { fanout, requeueAfter } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, statuses, storeKinds, turns, until } from "./support.js";

describe.each(storeKinds)("on $kind, workers", (kind) => {
  it("share the nodes of one run, each node run by one of them", async () => {
    const ran: string[] = [];
    const setting = await setUp(kind, {});
    const nodes = (worker: string) => ({
      split: () => fanout(Array.from({ length: 40 }, (_, at) => at)),
      work: async (n: number) => {
        ran.push(`${worker} ${n}`);
        await turns(1);
        return n;
      },
      gather: (list: number[]) => list.length,
    });
    const [one, two] = ["one", "two"].map((worker) => setting.another({ worker, nodes: nodes(worker), concurrency: 4 }));
    if (one === undefined || two === undefined) return;
    two.work();
    await one.upsertGraph("g", graph({ split: "work", work: "gather", gather: "" }, { gather: { unites: { identifier: "split" } } }));
    const { done } = await one.trigger("g");
    expect((await done).outputs.gather).toBe(40);
    expect(ran.map((entry) => Number(entry.split(" ")[1])).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at));
    expect(new Set(ran.map((entry) => entry.split(" ")[0]))).toEqual(new Set(["one", "two"]));
  });

  // Such an entry was taken for a run: no worker could begin on that store any more.
  it("take no entry for a run that a node gave the tag of one", async () => {
    const tags = ["run:running", "run:completed"];
    const nodes = {
      a: {
        post: (store: StoreWriter) => {
          for (const key of ["foo", "run"]) store.set(key, 1, { tags });
          return 1;
        },
      },
      b: () => requeueAfter(1_000),
    };
    const { runner, another, clock } = await setUp(kind, nodes);
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const { id } = await runner.trigger("g");
    await until(() => statuses(runner, id).b === "waiting");
    await runner.close();
    const two = another({ worker: "two", nodes: { ...nodes, b: () => "went on" } });
    two.work();
    await pass(clock, 1_000);
    expect(two.inspect(id)?.run.status).toBe("completed");
  });

  it("keep what they are at as long as they live, however long it takes", async () => {
    const slow = gate();
    const ran: string[] = [];
    const code = (worker: string) => ({
      a: async () => {
        ran.push(worker);
        await slow.opened;
        return worker;
      },
    });
    const { another, clock } = await setUp(kind, {});
    const [one, two] = [another({ worker: "one", nodes: code("one") }), another({ worker: "two", nodes: code("two") })];
    await one.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await one.trigger("g");
    await until(() => ran.length === 1);
    const shared = await two.resume(id);
    await pass(clock, 600_000, 10_000);
    expect(ran).toEqual(["one"]);
    slow.open();
    expect([(await done).outputs.a, (await shared.done).outputs.a]).toEqual(["one", "one"]);
  });

  it("take over from one that died, when its lease has ended; what the dead one still commits is refused", async () => {
    const slow = gate();
    const signals: AbortSignal[] = [];
    const { store, another, clock, reader } = await setUp(kind, {});
    // One whose timers stand still renews no lease: to the others it is dead, though it may wake up again.
    const frozen = { now: () => clock.now(), setTimer: () => 0, clearTimer: () => {} };
    const one = another({
      worker: "one",
      clock: frozen,
      nodes: {
        a: {
          exec: (_: unknown, { signal }: NodeContext) => {
            signals.push(signal);
            return slow.opened;
          },
          post: (own) => ({ written: own.set("by", "one") }),
        },
      },
    });
    const two = another({ worker: "two", nodes: { a: () => ({ outputs: "two", store: { by: "two" } }) } });
    await one.upsertGraph("g", graph({ a: "" }));
    const first = await one.trigger("g");
    await until(() => signals.length === 1);
    const second = await two.resume(first.id);
    await pass(clock, 29_999);
    expect(statuses(two, first.id)).toEqual({ a: "running" });
    await pass(clock, 1);
    expect(await second.done).toMatchObject({ outputs: { a: "two" }, store: { by: "two" } });
    slow.open();
    await turns();
    expect(two.inspect(first.id)?.nodes.get("a")).toMatchObject({ worker: "two", starts: 2, status: "completed" });
    expect(await first.done).toMatchObject({ outputs: { a: "two" }, store: { by: "two" } });
    expect([...reader.keys({ prefix: `run:${first.id}:store:` })]).toEqual([]);
    expect(store).toBeDefined();
  });

  it("fence: one that lost its node hears it by its signal, and its commit changes nothing", async () => {
    const slow = gate();
    const reasons: unknown[] = [];
    const { another, clock, reader } = await setUp(kind, {});
    const frozen = { now: () => clock.now(), setTimer: () => 0, clearTimer: () => {} };
    const after = gate();
    const one = another({
      worker: "one",
      clock: frozen,
      nodes: {
        a: async (_: unknown, { signal }: NodeContext) => {
          signal.addEventListener("abort", () => reasons.push(signal.reason));
          await slow.opened;
          return { outputs: "one", store: { by: "one" } };
        },
        b: () => after.opened.then(() => 1),
      },
    });
    const two = another({
      worker: "two",
      nodes: { a: () => ({ outputs: "two", store: { by: "two" } }), b: () => after.opened.then(() => 1) },
    });
    await one.upsertGraph("g", graph({ a: "b", b: "" }));
    const { id } = await one.trigger("g");
    await turns();
    const { done } = await two.resume(id);
    await pass(clock, 30_000);
    await until(() => statuses(two, id).b === "running");
    expect(reasons).toMatchObject([{ code: "LEASE_LOST" }]);
    slow.open();
    await turns();
    expect(reader.get(`run:${id}:store:by`)).toBe("two");
    after.open();
    expect((await done).outputs).toEqual({ a: "two", b: 1 });
  });

  it("fence by the commit itself: one that begins to commit when its node was taken, before anybody told it, is refused", async () => {
    const { store, runner, reader } = await setUp(kind, {
      a: {
        exec: async (_: unknown, { run }: NodeContext) => {
          // Another worker takes over, and the commit follows in the same turn.
          await store.transaction((transaction) => {
            const nodes = transaction.scope(`run:${run}`).scope("node");
            nodes.set("a", { ...nodes.getOrThrow<NodeRecord>("a"), token: "another", worker: "other" });
            transaction.set("worker:other", {});
          });
          return { outputs: "stale", store: { stale: 1 } };
        },
      },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id } = await runner.trigger("g");
    await turns();
    expect(runner.inspect(id)?.nodes.get("a")).toMatchObject({ token: "another", status: "running" });
    expect([...reader.keys({ prefix: `run:${id}:` })].filter((key) => key.includes("stale") || key.includes("_output"))).toEqual([]);
  });

  it("pick up runs that nobody is at, those of before and those to come, as far as they have the code", async () => {
    const { runner, another } = await setUp(kind, { a: () => "a", b: () => "b", c: () => "c" });
    await runner.upsertGraph("known", graph({ a: "c", c: "" }));
    await runner.upsertGraph("unknown", graph({ b: "c", c: "" }));
    const slow = gate();
    const owner = another({ nodes: { a: () => slow.opened.then(() => "owner"), b: () => slow.opened.then(() => "b"), c: () => "owner" } });
    const before = await owner.trigger("known");
    const foreign = await owner.trigger("unknown");
    await turns();
    slow.open();
    await owner.close();
    const worker = another({ nodes: { a: () => "worker", c: () => "worker" } });
    const stop = worker.work();
    await until(() => worker.inspect(before.id)?.run.status === "completed");
    expect((await (await runner.resume(before.id)).done).outputs).toEqual({ a: "owner", c: "worker" });
    expect([worker.inspect(foreign.id)?.run.status, statuses(worker, foreign.id)]).toEqual(["running", { b: "completed" }]);
    await (await runner.trigger("known")).done;
    stop();
    stop();
  });

  it("with one name: the later one takes over at once, and the one before gives the run up", async () => {
    const stuck = gate();
    const { runner, another } = await setUp(kind, { a: () => stuck.opened });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await until(() => statuses(runner, id).a === "running");
    const later = await another({ worker: "first", nodes: { a: () => "later" } }).resume(id);
    expect((await later.done).outputs.a).toBe("later");
    await rejectionOf(done, "LEASE_LOST");
  });
});

describe.each(storeKinds)("on $kind, a runner", (kind) => {
  it("runs no more nodes at once than it may, over all its runs, and all of them come to their turn", async () => {
    let now = 0;
    let most = 0;
    const { runner } = await setUp(
      kind,
      {
        a: async () => {
          most = Math.max(most, ++now);
          await turns(1);
          now -= 1;
          return 1;
        },
      },
      { concurrency: 3 },
    );
    await runner.upsertGraph("g", graph({ a: "" }));
    const runs = await Promise.all(Array.from({ length: 20 }, () => runner.trigger("g")));
    await Promise.all(runs.map(({ done }) => done));
    expect([most, now]).toEqual([3, 0]);
  });

  it("that is closed waits for what runs, begins nothing more, and leaves no lease and no timer", async () => {
    const slow = gate();
    const { runner, reader, clock, another } = await setUp(kind, { a: () => slow.opened.then(() => 1), b: () => 2 });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const { id, done } = await runner.trigger("g");
    await until(() => statuses(runner, id).a === "running");
    const closed = runner.close();
    expect(runner.close()).toBe(closed);
    slow.open();
    await closed;
    await rejectionOf(done, "CLOSED");
    expect(statuses(runner, id)).toEqual({ a: "completed" });
    expect([...reader.keys({ prefix: "worker:" })]).toEqual([]);
    // The store may have one of its own.
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
    for (const call of [
      () => runner.trigger("g"),
      () => runner.resume(id),
      () => runner.cancel(id),
      () => runner.step("g", "a"),
      () => runner.upsertGraph("g", graph({ a: "" })),
    ]) {
      await rejectionOf(call(), "CLOSED");
    }
    expect(() => runner.work()).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect((await (await another().resume(id)).done).outputs).toEqual({ a: 1, b: 2 });
  });
});
