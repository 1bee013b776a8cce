/** Promises of contract 13: nodes choose which branches go on; branches not chosen are skipped, and joins do not wait for them. */
import { describe, expect, it } from "vitest";
import { prune } from "../../ts/workflow/index.js";
import { graph, rejectionOf, setUp, statuses, storeKinds } from "./support.js";

const edges = { start: "left right", left: "deep", right: "join", deep: "join", join: "after", after: "" };
const others = Object.fromEntries(Object.keys(edges).map((name) => [name, (input: unknown) => ({ [name]: input !== undefined })]));

describe.each(storeKinds)("on $kind, a node", (kind) => {
  const run = async (start: () => unknown, more: Record<string, object> = {}) => {
    const { runner } = await setUp(kind, { ...others, start });
    await runner.upsertGraph("g", graph(edges, more));
    const { id, done } = await runner.trigger("g");
    return { result: await done, statuses: statuses(runner, id) };
  };

  it("that chooses one branch skips the others, and what lies behind them; the join runs", async () => {
    const { result, statuses } = await run(() => ({ output: { n: 1 }, next: "right" }));
    expect(statuses).toEqual({
      start: "completed",
      left: "skipped",
      deep: "skipped",
      right: "completed",
      join: "completed",
      after: "completed",
    });
    expect(Object.keys(result.outputs)).toEqual(["start", "right", "join", "after"]);
    expect(result.outputs.start).toEqual({ n: 1 });
  });

  it("may choose several, in either way of writing it", async () => {
    const all = { start: "completed", left: "completed", right: "completed", deep: "completed", join: "completed", after: "completed" };
    expect((await run(() => ({ output: 1, next: ["left", "right"] }))).statuses).toEqual(all);
    expect((await run(() => ({ outputs: 1, next: ["right", "left"], store: {} }))).statuses).toEqual(all);
    expect((await run(() => 1)).statuses).toEqual(all);
  });

  it("may choose none: everything behind it is skipped, and the run completes", async () => {
    const { statuses } = await run(() => ({ output: 1, next: [] }));
    expect(statuses).toEqual({ start: "completed", left: "skipped", right: "skipped", deep: "skipped", join: "skipped", after: "skipped" });
  });

  it("that joins reads null of a branch that was not chosen", async () => {
    const inputs = { left: "${{ deep.outputs.deep }}", text: "left: ${{ deep.outputs }}", right: "${{ right.outputs.right }}" };
    const given: unknown[] = [];
    const { runner } = await setUp(kind, { ...others, start: () => ({ output: 1, next: "right" }), join: (input) => given.push(input) });
    await runner.upsertGraph("g", graph(edges, { join: { inputs } }));
    await (await runner.trigger("g")).done;
    expect(given).toEqual([{ left: null, text: "left: null", right: true }]);
  });

  it("that prunes ends its branch: its writes stay, the join does not wait for it", async () => {
    const { runner } = await setUp(kind, {
      ...others,
      left: {
        post: (store) => {
          store.set("why", "nothing to do");
          return prune({ reason: "none" });
        },
      },
    });
    await runner.upsertGraph("g", graph(edges));
    const { id, done } = await runner.trigger("g");
    const { outputs, store } = await done;
    expect(statuses(runner, id)).toMatchObject({ left: "pruned", deep: "skipped", join: "completed", after: "completed" });
    expect(store).toEqual({ why: "nothing to do" });
    expect("left" in outputs).toBe(false);
  });

  it("that chooses what is not among its next nodes fails", async () => {
    for (const next of ["join", "nowhere", ["left", "start"], 5, [null]]) {
      const { runner } = await setUp(kind, { ...others, start: () => ({ output: 1, next }) });
      await runner.upsertGraph("g", graph(edges));
      const { cause } = await rejectionOf((await runner.trigger("g")).done, "NODE_FAILED");
      expect(cause, String(next)).toMatchObject({ code: "INVALID_OUTPUT" });
    }
  });
});
