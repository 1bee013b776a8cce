/** Promises of contract 13: a run's progress is data in the store, so whoever can watch a store can show a run. */
import { describe, expect, it } from "vitest";
import { fanout, type NodeRecord, type RunRecord } from "../../ts/workflow/index.js";
import { gate, graph, setUp, startTime, storeKinds, until } from "./support.js";

describe.each(storeKinds)("on $kind, a run", (kind) => {
  it("tells each step to whoever watches, by the documented keys", async () => {
    const { runner, reader } = await setUp(kind, { a: () => ({ output: 1, next: ["b"] }), b: () => 2, c: () => 3 });
    await runner.upsertGraph("g", graph({ a: "b c", b: "", c: "" }));
    const told: string[] = [];
    reader.watch({ prefix: "run:" }, ({ key, value, type }) => {
      if (type !== "set") return;
      const [, graphName, , kindOfRecord, instance] = key.split(":");
      expect(graphName).toBe("g");
      if (kindOfRecord === "node") told.push(`${instance} ${(value as unknown as NodeRecord).status}`);
      if (kindOfRecord === "run") told.push(`run ${(value as unknown as RunRecord).status}`);
    });
    await (await runner.trigger("g")).done;
    expect(told).toEqual(["run running", "a running", "a completed", "b running", "c skipped", "b completed", "run completed"]);
  });

  it("is found by where it stands", async () => {
    const slow = gate();
    const { runner, reader } = await setUp(kind, { a: ({ wait }) => (wait ? slow.opened.then(() => 1) : 1) });
    await runner.upsertGraph("g", graph({ a: "" }));
    const ended = await runner.trigger("g");
    await ended.done;
    const running = await runner.trigger("g", { inputs: { wait: true } });
    const found = (tag: string) => [...reader.find({ allTags: [tag], prefix: "run:g:" })];
    expect([found("run:running"), found("run:completed")]).toEqual([[`run:${running.id}:run`], [`run:${ended.id}:run`]]);
    slow.open();
    await running.done;
    expect([found("run:running"), found("run:completed").length]).toEqual([[], 2]);
  });

  it("can be inspected at any moment: records in the order of the graph, items in theirs", async () => {
    const slow = gate();
    const { runner, clock } = await setUp(kind, {
      start: () => fanout(Array.from({ length: 11 }, (_, at) => at)),
      work: async (n) => {
        if (n === 10) await slow.opened;
        return n;
      },
      end: () => "end",
    });
    await runner.upsertGraph("g", graph({ end: "", work: "end", start: "work" }, { end: { unites: { identifier: "start" } } }));
    const run = await runner.trigger("g", { inputs: { n: 1 } });
    await until(() => runner.inspect(run.id)?.nodes.size === 12);
    const progress = runner.inspect(run.id);
    expect(progress?.run).toEqual({ graph: "g", id: run.id, status: "running", inputs: { n: 1 }, startedAt: startTime });
    expect([...(progress?.nodes.keys() ?? [])]).toEqual(["start", ...Array.from({ length: 11 }, (_, at) => `work[${at}]`)]);
    expect(progress?.nodes.get("start")).toEqual({
      node: "start",
      item: [],
      status: "completed",
      attempt: 1,
      starts: 1,
      worker: "first",
      token: expect.any(String),
      startedAt: startTime,
      endedAt: startTime,
      fanout: 11,
    });
    clock.advance(5);
    slow.open();
    await run.done;
    expect(runner.inspect(run.id)?.run).toMatchObject({ status: "completed", endedAt: startTime + 5 });
    expect([...(runner.inspect(run.id)?.nodes.keys() ?? [])].at(-1)).toBe("end");
    expect(runner.inspect("g:none")).toBeUndefined();
  });

  it("shows its store to the one who triggered it, to read and watch", async () => {
    const { runner } = await setUp(kind, { a: () => ({ outputs: 1, store: { made: [1] } }) });
    await runner.upsertGraph("g", graph({ a: "" }));
    const run = await runner.trigger("g", { store: { given: "x" } });
    const made = run.store.waitFor("made");
    expect([run.store.get("given"), await made, "set" in run.store]).toEqual(["x", [1], false]);
    await run.done;
  });

  it("that fails unheard crashes nobody: it is in the store", async () => {
    const { runner } = await setUp(kind, { a: () => Promise.reject(new Error("unheard")) });
    await runner.upsertGraph("g", graph({ a: "" }));
    const run = await runner.trigger("g");
    await until(() => run.status === "failed");
    expect(runner.inspect(run.id)?.run.error).toEqual({ name: "Error", message: "unheard" });
  });
});
