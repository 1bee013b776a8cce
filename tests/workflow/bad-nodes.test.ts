/** Promises of contract 13: whatever a node does, it gets a coded error, and the run's state stays consistent and can be inspected. */
import { describe, expect, it } from "vitest";
import type { StoreWriter, Transaction } from "../../ts/index.js";
import type { NodeCode } from "../../ts/workflow/index.js";
import { fanout, prune } from "../../ts/workflow/index.js";
import { graph, pass, rejectionOf, setUp, statuses, storeKinds, turns } from "./support.js";

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
  ["gives a mixture of the two forms", () => ({ output: 1, next: "after", store: { a: 1 } }), "INVALID_OUTPUT"],
  ["gives more than the parts", () => ({ outputs: 1, store: { a: 1 }, total: 5 }), "INVALID_OUTPUT"],
  ["gives a next that is none", () => ({ outputs: 1, next: null }), "INVALID_OUTPUT"],
  ["fans out what is no array", () => fanout({ length: 2 } as never), "INVALID_ARGUMENT"],
  ["prunes with what is no value", () => prune((() => 1) as never), "INVALID_VALUE"],
  ["writes a key that is none", { post: (store) => ({ set: store.set("\ud800", 1) }) }, "INVALID_KEY"],
];

/** An error whose parts throw when they are read. */
class Unreadable extends Error {
  override get name(): string {
    throw new Error("no name");
  }
  override get message(): string {
    throw new Error("no message");
  }
  get code(): string {
    throw new Error("no code");
  }
}

describe.each(storeKinds)("on $kind, a node", (kind) => {
  it.each(bad)("that %s fails its run with a code, and leaves what went before as it was", async (_, code, expected) => {
    const { runner, reader } = await setUp(kind, { before: () => ({ outputs: 1, store: { kept: 1 } }), bad: code, after: () => 1 });
    await runner.upsertGraph("g", graph({ before: "bad", bad: "after", after: "" }));
    const { id, done } = await runner.trigger("g");
    const error = await rejectionOf(done, "NODE_FAILED");
    expect(error.name).toBe("NodeFailedError");
    // "failed: undefined" said nothing of what is no Error.
    expect(error.message).not.toContain("failed: undefined");
    expect(statuses(runner, id)).toEqual({ before: "completed", bad: "failed" });
    const { run, nodes } = runner.inspect(id) ?? {};
    expect(run).toMatchObject({ status: "failed", failedNode: "bad" });
    expect(nodes?.get("bad")?.error).toMatchObject({ code: expected, name: expect.any(String), message: expect.any(String) });
    expect([...reader.scope(`run:${id}`).scope("store").entries()]).toEqual([["kept", 1]]);
  });

  it("that throws an Error which cannot be read fails its run all the same", async () => {
    const { runner } = await setUp(kind, {
      bad: () => {
        throw new Unreadable();
      },
    });
    await runner.upsertGraph("g", graph({ bad: "" }));
    const { id, done } = await runner.trigger("g");
    expect((await rejectionOf(done, "NODE_FAILED")).cause).toBeInstanceOf(Unreadable);
    expect(runner.inspect(id)?.run).toMatchObject({ status: "failed", error: { name: "(not readable)", message: "(not readable)" } });
  });

  it.each(["completed", "failed"])("that writes when it has %s gets CLOSED, and nothing of it is there", async (how) => {
    const writers: StoreWriter[] = [];
    const { runner, reader } = await setUp(
      kind,
      {
        a: {
          post(store, _, { shared }) {
            store.set("in time", 1);
            writers.push(store, (store as Transaction).scope("deeper"), ...(shared ? [shared] : []));
            if (how === "failed") throw new Error("failed");
            return 1;
          },
          onComplete: (store) => void writers.push(store),
        },
      },
      { shared: "config", retention: { store: "1h" } },
    );
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await done.catch(() => {});
    const before = [...reader.entries()];
    expect(writers).toHaveLength(4);
    for (const writer of writers) expect(() => writer.set("late", 1)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    await turns();
    expect([...reader.entries()]).toEqual(before);
    expect(runner.inspect(id)?.run.status).toBe(how);
  });

  it("that hangs without a time limit leaves its run running, for all to see, until somebody cancels it", async () => {
    const { runner, clock } = await setUp(kind, { a: () => new Promise(() => {}), b: () => 1 });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const { id, done } = await runner.trigger("g");
    await pass(clock, 600_000, 60_000);
    expect([runner.inspect(id)?.run.status, statuses(runner, id)]).toEqual(["running", { a: "running" }]);
    await runner.cancel(id);
    await rejectionOf(done, "CANCELLED");
    expect(statuses(runner, id)).toEqual({ a: "running" });
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
