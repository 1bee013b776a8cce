/** Promises of contract 13: runs can be cancelled, and what has ended stays as long as it is told to. */
import { describe, expect, it } from "vitest";
import type { NodeCode, NodeContext, RunRecord } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, statuses, storeKinds, turns, until } from "./support.js";

describe.each(storeKinds)("on $kind, a run that is cancelled", (kind) => {
  it("rejects at once, tells its nodes, and takes nothing more from them", async () => {
    const slow = gate();
    let signal: AbortSignal | undefined;
    const { runner, reader, another } = await setUp(kind, {
      a: async (_: unknown, context: NodeContext) => {
        ({ signal } = context);
        await slow.opened;
        return { outputs: 1, store: { late: 1 } };
      },
      b: () => expect.fail("it began"),
    });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const run = await runner.trigger("g");
    await until(() => signal !== undefined);
    // Anybody may cancel it, from another process too.
    expect(await another().cancel(run.id)).toBe(true);
    await rejectionOf(run.done, "CANCELLED");
    expect([run.status, signal?.aborted, (signal?.reason as { code?: string } | undefined)?.code]).toEqual([
      "cancelled",
      true,
      "CANCELLED",
    ]);
    slow.open();
    await turns();
    expect(reader.has(`run:${run.id}:store:late`)).toBe(false);
    expect(await runner.cancel(run.id)).toBe(false);
    await rejectionOf((await runner.resume(run.id)).done, "CANCELLED");
  });

  it("is one that there is, and that goes on", async () => {
    const { runner } = await setUp(kind, { a: () => 1 });
    await runner.upsertGraph("g", graph({ a: "" }));
    await rejectionOf(runner.cancel("g:none"), "NOT_FOUND");
    await rejectionOf(runner.cancel("none"), "INVALID_ARGUMENT");
    const { id, done } = await runner.trigger("g");
    await done;
    expect(await runner.cancel(id)).toBe(false);
    expect(runner.inspect(id)?.run.status).toBe("completed");
  });

  it("takes nothing from a node that commits before it has heard of it", async () => {
    const { store, runner, reader } = await setUp(kind, {
      a: async (_: unknown, { run }: NodeContext) => {
        await store.transaction((transaction) => {
          const own = transaction.scope(`run:${run}`);
          own.set("run", { ...own.getOrThrow<RunRecord>("run"), status: "cancelled" });
        });
        return { outputs: 1, store: { late: 1 } };
      },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await rejectionOf(done, "CANCELLED");
    await turns();
    expect([...reader.keys({ prefix: `run:${id}:` })].filter((key) => key.endsWith(":late") || key.endsWith("_output"))).toEqual([]);
  });

  it("frees the slots of its nodes", async () => {
    const { runner } = await setUp(kind, { hang: () => new Promise(() => {}), a: () => 1 }, { concurrency: 1 });
    await runner.upsertGraph("hanging", graph({ hang: "" }));
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id } = await runner.trigger("hanging");
    const { done } = await runner.trigger("g");
    await turns();
    await runner.cancel(id);
    expect((await done).outputs.a).toBe(1);
  });
});

describe.each(storeKinds)("on $kind, a runner that is closed", (kind) => {
  it("waits for nodes as long as it is told to; those that have not ended are aborted, and begin anew elsewhere at once", async () => {
    const late = gate<string>();
    let signal: AbortSignal | undefined;
    const stuck = (_: unknown, context: { readonly signal: AbortSignal }) => {
      ({ signal } = context);
      return late.opened;
    };
    const { runner, another, clock } = await setUp(kind, { a: stuck, b: () => "b" });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const { id, done } = await runner.trigger("g");
    await until(() => signal !== undefined);
    const closing = runner.close();
    const impatient = rejectionOf(runner.close({ timeout: 500 }), "TIMEOUT");
    await pass(clock, 499);
    expect(signal?.aborted).toBe(false);
    await pass(clock, 1);
    await impatient;
    await closing;
    expect(signal?.reason).toMatchObject({ code: "CLOSED" });
    await rejectionOf(done, "CLOSED");
    const again = await another({ worker: "second", nodes: { a: () => "anew", b: () => "b" } }).resume(id);
    expect((await again.done).outputs).toEqual({ a: "anew", b: "b" });
    late.open("late");
    await turns();
    expect(again.status).toBe("completed");
  });

  it("is closed in time where its nodes are, and takes a span only", async () => {
    const { runner } = await setUp(kind, {});
    for (const timeout of [-1, Number.NaN]) await rejectionOf(runner.close({ timeout }), "OUT_OF_RANGE");
    await rejectionOf(runner.close({ timeout: "1s" as never }), "INVALID_ARGUMENT");
    expect(runner.work()).toBeTypeOf("function");
    await runner.close({ timeout: 500 });
  });
});

describe.each(storeKinds)("on $kind, what is left of a run", (kind) => {
  const nodes = {
    a: () => ({ outputs: 1, store: { made: 1 } }),
    bad: () => {
      throw new Error("bad");
    },
  };
  const keysOf = (reader: { keys(options: object): Iterable<string> }) =>
    [...reader.keys({ prefix: "run:" })].map((key) => key.split(":").slice(3).join(":"));

  it("that completed is its records and outputs, for a day, and not its store", async () => {
    const { runner, reader, clock } = await setUp(kind, nodes);
    await runner.upsertGraph("g", graph({ a: "" }));
    await (await runner.trigger("g", { store: { given: "1" } })).done;
    await runner.close();
    expect(keysOf(reader)).toEqual(["a_output", "node:a", "run", "template"]);
    await pass(clock, 86_400_000 - 1);
    expect(keysOf(reader)).toHaveLength(4);
    await pass(clock, 1);
    expect([...reader.keys()]).toEqual(["graph:g"]);
  });

  it("that completed may be kept as long as one likes, its store for another time", async () => {
    const { runner, reader, clock } = await setUp(kind, nodes, { retention: { store: "1h", completed: null } });
    await runner.upsertGraph("g", graph({ a: "" }));
    await (await runner.trigger("g", { store: { given: "1" } })).done;
    expect(keysOf(reader)).toEqual(["a_output", "node:a", "run", "store:given", "store:made", "template"]);
    await pass(clock, 3_600_000);
    expect(keysOf(reader)).toEqual(["a_output", "node:a", "run", "template"]);
    await pass(clock, 86_400_000 * 365, 86_400_000 * 365);
    expect(keysOf(reader)).toHaveLength(4);
  });

  // The end of a run set the time to live of all that was left anew, and a resume removed it.
  it("that a node gave a time to live goes when that is over, whatever becomes of the run meanwhile", async () => {
    let isBad = true;
    const code: Record<string, NodeCode> = {
      a: {
        post(store) {
          store.set("short", 1, { ttl: "30m" });
          store.set("long", 1, { ttl: "3h" });
          store.set("plain", 1);
          return {};
        },
      },
      bad() {
        if (isBad) throw new Error("bad");
        return {};
      },
    };
    const { runner, reader, clock } = await setUp(kind, code, { retention: { store: "1h" } });
    await runner.upsertGraph("g", graph({ a: "bad", bad: "" }));
    const kept = () => keysOf(reader).filter((key) => key.startsWith("store:"));
    const { id, done } = await runner.trigger("g");
    await rejectionOf(done);
    await pass(clock, 60_000);
    isBad = false;
    await (await runner.resume(id)).done;
    expect(kept()).toEqual(["store:long", "store:plain", "store:short"]);
    await pass(clock, 29 * 60_000);
    expect(kept()).toEqual(["store:long", "store:plain"]);
    await pass(clock, 31 * 60_000);
    expect(kept()).toEqual(["store:long"]);
    await pass(clock, 2 * 3_600_000);
    expect(kept()).toEqual([]);
  });

  it("that failed is everything, so that it can be resumed, for a week", async () => {
    const { runner, reader, clock } = await setUp(kind, nodes);
    await runner.upsertGraph("g", graph({ a: "bad", bad: "" }));
    const { id, done } = await runner.trigger("g", { store: { given: "1" } });
    await rejectionOf(done);
    await runner.close();
    expect(keysOf(reader)).toEqual(["a_output", "node:a", "node:bad", "run", "store:given", "store:made", "template"]);
    await pass(clock, 7 * 86_400_000 - 1);
    expect(statuses(runner, id)).toEqual({ a: "completed", bad: "failed" });
    await pass(clock, 1);
    expect(runner.inspect(id)).toBeUndefined();
    expect(keysOf(reader)).toEqual([]);
  });

  it("that goes on stays, however long that takes", async () => {
    const slow = gate();
    const { runner, reader, clock } = await setUp(kind, { a: () => slow.opened.then(() => 1) }, { lease: 86_400_000 });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g", { store: { given: "1" } });
    await pass(clock, 86_400_000 * 30, 86_400_000 * 3);
    expect(reader.get(`run:${id}:store:given`)).toBe("1");
    slow.open();
    await done;
  });

  it("is told of by done when somebody removes it meanwhile", async () => {
    const slow = gate();
    const { runner, store } = await setUp(kind, { a: () => slow.opened });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await turns();
    await store.transaction((transaction) => transaction.scope(`run:${id}`).clear());
    await rejectionOf(done, "NOT_FOUND");
    slow.open();
    await turns();
    expect(runner.inspect(id)).toBeUndefined();
  });
});
