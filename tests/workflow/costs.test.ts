/** What runs cost as they grow. On a plain store: what a disk or a network takes for its commits is not what is asked here. */
import { describe, expect, it } from "vitest";
import { fanout } from "../../ts/workflow/index.js";
import { plain } from "./kinds/kind.js";
import { graph, setUp } from "./support.js";

describe("a node that fans out", () => {
  it("costs by its items: ten times as many take some ten times as long", async () => {
    const { runner } = await setUp(plain, {
      split: ({ count }) => fanout(Array.from({ length: count }, (_, at) => at)),
      work: (n) => n,
      gather: (list) => list.length,
    });
    await runner.upsertGraph("g", graph({ split: "work", work: "gather", gather: "" }, { gather: { unites: { identifier: "split" } } }));
    const took = async (count: number) => {
      const began = performance.now();
      expect((await (await runner.trigger("g", { inputs: { count } })).done).outputs.gather).toBe(count);
      return performance.now() - began;
    };
    await took(200);
    // The square would be a hundred times as long. What others do on the machine may be as much as that: it does not do it each time.
    let ratio = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 5 && ratio >= 50; time += 1) {
      const few = Math.min(await took(200), await took(200));
      ratio = (await took(2_000)) / few;
    }
    expect(ratio).toBeLessThan(50);
  });
});
