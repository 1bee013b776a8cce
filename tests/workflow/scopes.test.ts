/** Promises of contract 13: what a node does in a scope of its store, or of what runs share, is staged as all else that it does. */
import { describe, expect, it } from "vitest";
import type { StoreReader, StoreWriter } from "../../ts/index.js";
import { type CommitContext, defineNode } from "../../ts/workflow/index.js";
import { graph, rejectionOf, setUp, storeKinds } from "./support.js";

describe.each(storeKinds)("on $kind, a node in a scope of its store", (kind) => {
  it("reads what is there and writes what commits with it, in one change", async () => {
    const { runner, reader } = await setUp(kind, {
      first: {
        post: (store: StoreWriter) => {
          store.scope("user").set("1", { name: "Ada" });
          return null;
        },
      },
      second: defineNode({
        prep: (store) => [store.scope("user").get("1"), [...store.scope("user").keys()], store.isolate("a:b").size],
        post: (store, { prep }, { store: present }) => {
          const user = store.scope("user").scope("1");
          user.set("seen", true);
          store.isolate("a:b").set("tag", 1);
          // It sees what it has staged, and nobody else does.
          return [prep, store.get("user:1:seen"), [...user.keys()], present.scope("user").has("1:seen"), present.isolate("a:b").size];
        },
      }),
    });
    await runner.upsertGraph("g", graph({ first: "second", second: "" }));
    const versions = new Set<number>();
    const { id, done } = await runner.trigger("g");
    reader.scope("run").watch(({ key, type, version }) => {
      if (type === "set" && /seen|tag|second_output/.test(key)) versions.add(version);
    });
    const { outputs, store } = await done;
    expect(outputs.second).toEqual([[{ name: "Ada" }, ["1"], 0], true, ["seen"], false, 0]);
    expect(store).toEqual({ "user:1": { name: "Ada" }, "user:1:seen": true, "~a~1b:tag": 1 });
    expect([id.startsWith("g:"), versions.size]).toEqual([true, 1]);
  });

  it("leaves nothing there when it fails, and what its hooks do there is a commit of their own", async () => {
    const { runner, reader } = await setUp(
      kind,
      {
        bad: {
          post: (store: StoreWriter, _: unknown, { shared }: CommitContext) => {
            store.scope("user").set("1", 1);
            shared?.scope("names").set("1", 1);
            throw new Error("bad");
          },
          onFailure: (store: StoreWriter, _: unknown, { shared }: CommitContext) => {
            store.scope("audit").set("why", "bad");
            shared?.scope("failures").increment("bad");
          },
        },
      },
      { shared: "config" },
    );
    await runner.upsertGraph("g", graph({ bad: "" }));
    const run = await runner.trigger("g");
    await rejectionOf(run.done, "NODE_FAILED");
    expect([...run.store.keys()]).toEqual(["audit:why"]);
    expect([...reader.scope("config").entries()]).toEqual([["failures:bad", 1]]);
  });

  it("may read a scope that it was handed before, and writes there no more once it has ended", async () => {
    let kept: StoreWriter | undefined;
    let read: StoreReader | undefined;
    const { runner } = await setUp(kind, {
      a: {
        prep(store: StoreReader) {
          read = store.scope("user");
        },
        post: (store: StoreWriter) => {
          kept = store.scope("user");
          kept.set("1", 1);
          return null;
        },
      },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { store } = await (await runner.trigger("g")).done;
    expect(() => kept?.set("2", 2)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect([store, read !== undefined && "set" in read]).toEqual([{ "user:1": 1 }, false]);
  });

  it("fails with a coded error for a name that is none, and leaves nothing", async () => {
    for (const name of ["", "~a", 5 as unknown as string]) {
      const { runner } = await setUp(kind, {
        a: {
          post: (store: StoreWriter) => {
            store.set("before", 1);
            store.scope(name).set("1", 1);
            return null;
          },
        },
      });
      await runner.upsertGraph("g", graph({ a: "" }));
      const run = await runner.trigger("g");
      const { cause } = await rejectionOf(run.done, "NODE_FAILED");
      expect([[...run.store.keys()], (cause as { code?: string } | undefined)?.code]).toEqual([[], "INVALID_ARGUMENT"]);
    }
  });

  it("that others change while it works runs its post again, until it has seen what is there", async () => {
    const add = {
      post: async (store: StoreWriter, { input }: { input: number }) => {
        const sums = store.scope("sums");
        const before = sums.size;
        await new Promise((resolve) => setTimeout(resolve));
        sums.set(`${before}`, input);
        return null;
      },
    };
    const { runner } = await setUp(kind, { add });
    const names = ["a", "b", "c", "d"];
    const nodes = names.map((identifier, at) => ({ node_name: "add", identifier, inputs: { input: at } }));
    await runner.upsertGraph("g", { nodes });
    const { store } = await (await runner.trigger("g")).done;
    expect(Object.keys(store)).toEqual(["sums:0", "sums:1", "sums:2", "sums:3"]);
  });
});
