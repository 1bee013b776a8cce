/** Promises of contract 13: an array with `fanout` runs what comes behind once per item, until a join gathers the items. */
import { describe, expect, it } from "vitest";
import { fanout, prune } from "../../ts/workflow/index.js";
import { graph, rejectionOf, setUp, statuses, storeKinds } from "./support.js";

const chain = { split: "work", work: "gather", gather: "" };
const inputs = {
  work: { inputs: { n: "${{ split.outputs.n }}" } },
  gather: { inputs: { all: "${{ work.outputs.square }}", given: "${{ split.outputs.n }}" }, unites: { identifier: "split" } },
};
const items = (...numbers: number[]) => numbers.map((n) => ({ n }));

describe.each(storeKinds)("on $kind, a node that fans out", (kind) => {
  it("has its successors run once for each item, with the item as its outputs; the join gets all, in their order", async () => {
    const { runner } = await setUp(kind, {
      split: () => fanout(items(3, 1, 2)),
      work: async ({ n }, { item, instance }) => {
        for (let turn = 0; turn < 4 - n; turn += 1) await Promise.resolve();
        return { square: n * n, item, instance };
      },
      gather: ({ all, given }) => ({ all, given }),
    });
    await runner.upsertGraph("g", graph(chain, inputs));
    const { id, done } = await runner.trigger("g");
    const { outputs } = await done;
    expect(outputs.gather).toEqual({ all: [9, 1, 4], given: [3, 1, 2] });
    expect(outputs.split).toEqual(items(3, 1, 2));
    expect(outputs.work).toEqual([9, 1, 4].map((square, at) => ({ square, item: [at], instance: `work[${at}]` })));
    expect(statuses(runner, id)).toEqual({
      split: "completed",
      "work[0]": "completed",
      "work[1]": "completed",
      "work[2]": "completed",
      gather: "completed",
    });
  });

  it("has its items in their order beyond the tenth, which keys have before the second", async () => {
    const numbers = Array.from({ length: 12 }, (_, at) => at);
    const { runner } = await setUp(kind, { split: () => fanout(numbers), work: (n) => n, gather: (list) => list });
    await runner.upsertGraph("g", graph(chain, { gather: { unites: { identifier: "split" } } }));
    const { outputs } = await (await runner.trigger("g")).done;
    expect([outputs.work, outputs.gather]).toEqual([numbers, numbers]);
  });

  it("gives items and lists along the edges where the template has no inputs", async () => {
    const { runner } = await setUp(kind, { split: () => fanout([1, 2]), work: (n) => n + 1, gather: (list) => list });
    await runner.upsertGraph("g", graph(chain, { gather: { unites: { identifier: "split" } } }));
    expect((await (await runner.trigger("g")).done).outputs).toEqual({ split: [1, 2], work: [2, 3], gather: [2, 3] });
  });

  it("over no items has the join run once, with an empty list, and all between skipped", async () => {
    const { runner } = await setUp(kind, { split: () => fanout([]), work: () => expect.fail("it ran"), gather: (input) => input });
    await runner.upsertGraph("g", graph(chain, inputs));
    const { id, done } = await runner.trigger("g");
    expect((await done).outputs).toEqual({ split: [], gather: { all: [], given: [] } });
    expect(statuses(runner, id)).toEqual({ split: "completed", work: "skipped", gather: "completed" });
  });

  it("has the join go without items that ended early, all of them too", async () => {
    const { runner } = await setUp(kind, {
      split: ({ keep }) => fanout(items(1, 2, 3).map((item) => ({ ...item, keep }))),
      work: ({ n }, { store }) => (n > Number(store.get("keep")) ? prune() : { square: n }),
      gather: (input) => input,
    });
    await runner.upsertGraph("g", graph(chain, inputs));
    for (const [keep, all] of [
      ["2", [1, 2]],
      ["0", []],
    ] as const) {
      expect((await (await runner.trigger("g", { store: { keep } })).done).outputs.gather).toEqual({ all, given: [1, 2, 3] });
    }
  });

  it("has whole graphs within each item: branches, choices and joins of their own", async () => {
    const { runner } = await setUp(kind, {
      split: () => fanout(items(1, 2, 3)),
      choose: (input) => ({ outputs: input, next: input.n === 2 ? ["even"] : ["odd", "also"] }),
      odd: ({ n }) => `odd ${n}`,
      even: ({ n }) => `even ${n}`,
      also: () => "also",
      meet: ({ odd, even, also }, { item }) => `${item}: ${odd ?? even} ${also}`,
      gather: (list) => list,
    });
    await runner.upsertGraph(
      "g",
      graph(
        { split: "choose", choose: "odd even also", odd: "meet", even: "meet", also: "meet", meet: "gather", gather: "" },
        { gather: { unites: { identifier: "split" } } },
      ),
    );
    const { outputs } = await (await runner.trigger("g")).done;
    expect(outputs.gather).toEqual(["0: odd 1 also", "1: even 2 null", "2: odd 3 also"]);
  });

  it("may lie within another", async () => {
    const { runner } = await setUp(kind, {
      outer: () => fanout([1, 2]),
      inner: (n) => fanout([n * 10, n * 10 + 1]),
      leaf: (n, { item }) => ({ n, item }),
      inward: (list) => list.map(({ n }: { n: number }) => n),
      outward: (list) => list,
    });
    await runner.upsertGraph(
      "g",
      graph(
        { outer: "inner", inner: "leaf", leaf: "inward", inward: "outward", outward: "" },
        { inward: { unites: { identifier: "inner" } }, outward: { unites: { identifier: "outer" } } },
      ),
    );
    const { outputs } = await (await runner.trigger("g")).done;
    expect(outputs.outward).toEqual([
      [10, 11],
      [20, 21],
    ]);
    expect(outputs.leaf).toEqual([
      { n: 10, item: [0, 0] },
      { n: 11, item: [0, 1] },
      { n: 20, item: [1, 0] },
      { n: 21, item: [1, 1] },
    ]);
    expect(outputs.inner).toEqual([
      [10, 11],
      [20, 21],
    ]);
  });

  it("is gathered, without being asked, where its items meet a branch beside it", async () => {
    const { runner } = await setUp(kind, {
      start: () => 1,
      split: () => fanout([1, 2]),
      work: (n) => n,
      beside: () => "b",
      meet: (input) => input,
    });
    await runner.upsertGraph("g", graph({ start: "split beside", split: "work", work: "meet", beside: "meet", meet: "" }));
    expect((await (await runner.trigger("g")).done).outputs.meet).toEqual({ work: [1, 2], beside: "b" });
  });

  it("may as well give one thing: the join gets that", async () => {
    const { runner } = await setUp(kind, { split: () => ({ n: 5 }), work: ({ n }) => ({ square: n * n }), gather: (input) => input });
    await runner.upsertGraph("g", graph(chain, inputs));
    expect((await (await runner.trigger("g")).done).outputs.gather).toEqual({ all: 25, given: 5 });
  });

  it("fails the run with one item that fails; the others, which had begun, are kept", async () => {
    let isBroken = true;
    const { runner } = await setUp(kind, {
      split: () => fanout(items(1, 2, 3)),
      work: ({ n }) => {
        if (n === 2 && isBroken) throw new Error("two");
        return { square: n };
      },
      gather: (input) => input,
    });
    await runner.upsertGraph("g", graph(chain, inputs));
    const { id, done } = await runner.trigger("g");
    expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ node: "work[1]", run: id });
    expect(statuses(runner, id)).toEqual({ split: "completed", "work[0]": "completed", "work[1]": "failed", "work[2]": "completed" });
    isBroken = false;
    expect((await (await runner.resume(id)).done).outputs.gather).toEqual({ all: [1, 2, 3], given: [1, 2, 3] });
  });

  it("takes arrays only, and every item is checked", async () => {
    for (const split of [() => fanout("text" as never), () => fanout([1, undefined as never])]) {
      const { runner } = await setUp(kind, { split, work: () => 1, gather: () => 1 });
      await runner.upsertGraph("g", graph(chain));
      expect((await rejectionOf((await runner.trigger("g")).done, "NODE_FAILED")).cause).toMatchObject({
        code: expect.stringMatching(/^INVALID_/),
      });
    }
  });
});
