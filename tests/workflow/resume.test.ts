/** Promises of contract 13: a run survives the death of its process; no node that completed runs again, and nothing of one that did not is there. */
import { describe, expect, it } from "vitest";
import type { NodeCode, Run } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, statuses, storeKinds, until } from "./support.js";

describe.each(storeKinds)("on $kind, resume", (kind) => {
  it.each([
    ["at once, where the new worker has the name of the old one", "first", 0],
    ["when the lease of the old worker has ended, where it has another", "second", 30_000],
  ])("goes on after a crash %s, with what had not completed, from the run's own template", async (_, worker, lease) => {
    const runs: string[] = [];
    const stuck = gate();
    const code =
      (name: string, wait?: Promise<void>): NodeCode =>
      async () => {
        runs.push(name);
        await wait;
        return name;
      };
    const { store, runner, another, clock } = await setUp(kind, { a: code("a"), b: code("b", stuck.opened), c: code("c"), d: code("d") });
    await runner.upsertGraph("g", graph({ a: "b c", b: "d", c: "d", d: "" }));
    const { id } = await runner.trigger("g", { store: { given: "1" }, inputs: { n: 1 } });
    await until(() => statuses(runner, id).c === "completed");
    await runner.upsertGraph("g", graph({ c: "" }));
    const later = another({
      store: await kind.crash(store),
      worker,
      nodes: { a: code("a"), b: code("b again"), c: code("c"), d: code("d") },
    });
    const run = await later.resume(id);
    if (lease > 0) {
      await pass(clock, lease - 1);
      expect([runs, run.status]).toEqual([["a", "b", "c"], "running"]);
      await pass(clock, 1);
    }
    expect(await run.done).toMatchObject({ outputs: { a: "a", b: "b again", c: "c", d: "d" }, store: { given: "1" } });
    expect(runs).toEqual(["a", "b", "c", "b again", "d"]);
    expect(later.inspect(id)?.nodes.get("b")).toMatchObject({ starts: 2, attempt: 1 });
  });

  it("takes part in a run that goes on, and gives what came of one that has ended", async () => {
    const slow = gate();
    const { runner, another } = await setUp(kind, { a: () => slow.opened.then(() => 1) });
    await runner.upsertGraph("g", graph({ a: "" }));
    const first = await runner.trigger("g", { store: { key: "value" } });
    const again = await runner.resume(first.id);
    const elsewhere = await another().resume(first.id);
    slow.open();
    const results = await Promise.all([first.done, again.done, elsewhere.done]);
    for (const result of results) expect(result).toEqual({ id: first.id, outputs: { a: 1 }, store: { key: "value" } });
    const late = await another().resume(first.id);
    expect([late.status, (await late.done).outputs]).toEqual(["completed", { a: 1 }]);
  });

  it("tries a failed run again from where it failed, as often as asked", async () => {
    const runs: string[] = [];
    let left = 2;
    const { runner, reader } = await setUp(kind, {
      a: () => runs.push("a"),
      b: () => {
        runs.push("b");
        if (left-- > 0) throw new Error(`left ${left}`);
        return "b";
      },
      c: () => runs.push("c"),
    });
    await runner.upsertGraph("g", graph({ a: "b", b: "c", c: "" }));
    let run: Run = await runner.trigger("g");
    for (const expected of [1, 0]) {
      expect(await rejectionOf(run.done, "NODE_FAILED")).toMatchObject({ node: "b", cause: { message: `left ${expected}` } });
      expect(run.status).toBe("failed");
      run = await runner.resume(run.id);
    }
    await run.done;
    expect(runs).toEqual(["a", "b", "b", "b", "c"]);
    expect([...reader.keys()].filter((key) => key.startsWith(`run:${run.id}`) && reader.ttl(key) === null)).toEqual([]);
  });

  it("refuses what is no run, a run of development, and a run whose code is missing here", async () => {
    const { runner, another } = await setUp(kind, { a: () => 1, b: () => 1 });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    await rejectionOf(runner.resume("g:none"), "NOT_FOUND");
    for (const wrong of ["g", "", "a:b:c", ":x", 5 as never]) await rejectionOf(runner.resume(wrong), "INVALID_ARGUMENT");
    await runner.step("g", "a");
    await rejectionOf(runner.resume("g:development"), "INVALID_ARGUMENT");
    const { id } = await runner.trigger("g");
    expect((await rejectionOf(another({ nodes: { a: () => 1 } }).resume(id), "UNKNOWN_NODE")).message).toContain('"b"');
  });
});
