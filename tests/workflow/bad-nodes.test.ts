/** Promises of contract 13: whatever a node does, it gets a coded error, and the run's state stays consistent and can be inspected. */
import { describe, expect, it } from "vitest";
import type { NodeCode } from "../../ts/workflow/index.js";
import { fanout, prune } from "../../ts/workflow/index.js";
import { graph, rejectionOf, setUp, statuses, storeKinds } from "./support.js";

const circle: Record<string, unknown> = {};
circle.self = circle;

const bad: [string, NodeCode, string][] = [
  ["throws a text", () => Promise.reject("text"), "NODE_FAILED"],
  [
    "throws null",
    () => {
      throw null;
    },
    "NODE_FAILED",
  ],
  [
    "throws undefined",
    () => {
      throw undefined;
    },
    "NODE_FAILED",
  ],
  ["rejects with an object", () => Promise.reject({ code: 5 }), "NODE_FAILED"],
  ["returns undefined", () => undefined, "INVALID_OUTPUT"],
  ["fulfils with undefined", async () => {}, "INVALID_OUTPUT"],
  ["returns undefined from post", { post: () => {} }, "INVALID_OUTPUT"],
  ["gives outputs that are undefined", () => ({ outputs: undefined, store: { a: 1 } }), "INVALID_OUTPUT"],
  ["gives a function", () => ({ call: () => 1 }), "INVALID_VALUE"],
  ["gives a circle", () => circle, "INVALID_VALUE"],
  ["gives NaN", () => ({ n: Number.NaN }), "INVALID_VALUE"],
  ["gives a Map", () => new Map(), "INVALID_VALUE"],
  ["gives a store that is none", () => ({ outputs: 1, store: [1] }), "INVALID_OUTPUT"],
  ["gives a store value that is none", () => ({ outputs: 1, store: { a: 1, b: undefined } }), "INVALID_VALUE"],
  ["gives a next that is none", () => ({ outputs: 1, next: null }), "INVALID_OUTPUT"],
  ["fans out what is no array", () => fanout({ length: 2 } as never), "INVALID_ARGUMENT"],
  ["prunes with what is no value", () => prune((() => 1) as never), "INVALID_VALUE"],
  ["writes a key that is none", { post: (store) => ({ set: store.set("\ud800", 1) }) }, "INVALID_KEY"],
];

describe.each(storeKinds)("on $kind, a node", (kind) => {
  it.each(bad)("that %s fails its run with a code, and leaves what went before as it was", async (_, code, expected) => {
    const { runner, reader } = await setUp(kind, { before: () => ({ outputs: 1, store: { kept: 1 } }), bad: code, after: () => 1 });
    await runner.upsertGraph("g", graph({ before: "bad", bad: "after", after: "" }));
    const { id, done } = await runner.trigger("g");
    const error = await rejectionOf(done, "NODE_FAILED");
    expect(error.name).toBe("NodeFailedError");
    expect(statuses(runner, id)).toEqual({ before: "completed", bad: "failed" });
    const { run, nodes } = runner.inspect(id) ?? {};
    expect(run).toMatchObject({ status: "failed", failedNode: "bad" });
    expect(nodes?.get("bad")?.error).toMatchObject({ code: expected, name: expect.any(String), message: expect.any(String) });
    expect([...reader.scope(`run:${id}`).scope("store").entries()]).toEqual([["kept", 1]]);
  });

  it("may be mended and tried again: resume begins where it failed", async () => {
    let runs = 0;
    const { runner, another } = await setUp(kind, { before: () => ++runs, bad: () => undefined });
    await runner.upsertGraph("g", graph({ before: "bad", bad: "" }));
    const { id, done } = await runner.trigger("g");
    await rejectionOf(done);
    const mended = another({ nodes: { before: () => ++runs, bad: () => "good" } });
    expect((await (await mended.resume(id)).done).outputs).toEqual({ before: 1, bad: "good" });
    expect(mended.inspect(id)?.run).not.toHaveProperty("error");
  });
});
