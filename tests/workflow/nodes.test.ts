/** Promises of contract 13: what a node is given, what it may give back, and when its writes count. */
import { describe, expect, it } from "vitest";
import type { Commit, StoreReader, StoreWriter } from "../../ts/index.js";
import { defineNode, type NodeContext } from "../../ts/workflow/index.js";
import { gate, graph, rejectionOf, setUp, statuses, storeKinds, turns, until } from "./support.js";

describe.each(storeKinds)("on $kind, a node", (kind) => {
  it("in phases reads, works and writes, each with what the one before gave; post gets all three", async () => {
    const seen: unknown[] = [];
    const price = defineNode({
      prep: (store, { sku }: { sku: string }) => ({ sku, rate: Number(store.get("rate")) }),
      exec: async ({ sku, rate }) => sku.length * rate,
      post: (store, { input, prep, exec }) => {
        seen.push(input, prep, exec);
        store.set(`price/${input.sku}`, exec);
        return { cents: exec };
      },
    });
    const { runner } = await setUp(kind, { price });
    await runner.upsertGraph("g", graph({ price: "" }, { price: { inputs: { sku: "kite" } } }, { default_values: { rate: "5" } }));
    const { outputs, store } = await (await runner.trigger("g")).done;
    expect([outputs, store]).toEqual([{ price: { cents: 20 } }, { rate: "5", "price/kite": 20 }]);
    expect(seen).toEqual([{ sku: "kite" }, { sku: "kite", rate: 5 }, 20]);
  });

  it("passes on what it was given where it has no phase", async () => {
    const nodes = {
      none: {},
      prep: { prep: (_: StoreReader, { n }: { n: number }) => ({ n: n + 1 }) },
      exec: { exec: ({ n }: { n: number }) => ({ n: n * 10 }) },
      post: {
        post: (_: StoreWriter, { input, prep, exec }: { input: object; prep: object; exec: object }) => ({
          same: input === prep && prep === exec,
          ...exec,
        }),
      },
    };
    const { runner } = await setUp(kind, nodes);
    await runner.upsertGraph("g", graph({ none: "prep", prep: "exec", exec: "post", post: "" }));
    const { outputs } = await (await runner.trigger("g", { inputs: { n: 1 } })).done;
    expect(outputs).toEqual({ none: { n: 1 }, prep: { n: 2 }, exec: { n: 20 }, post: { same: true, n: 20 } });
  });

  it("without inputs in the template is given what came along its edges", async () => {
    const given: Record<string, unknown> = {};
    const note = (name: string, result: unknown) => (input: unknown) => {
      given[name] = input;
      return result;
    };
    const { runner } = await setUp(kind, { a: note("a", { x: 1 }), b: note("b", "text"), c: note("c", null), d: note("d", {}) });
    await runner.upsertGraph("g", graph({ a: "b c", b: "d", c: "d", d: "" }));
    await (await runner.trigger("g", { inputs: { user: "ada" } })).done;
    expect(given).toEqual({ a: { user: "ada" }, b: { x: 1 }, c: { x: 1 }, d: { b: "text", c: null } });
  });

  it("as one function gives outputs, or outputs and what goes to the store", async () => {
    const nodes = {
      plain: () => ({ outputs: 1, more: 2 }),
      both: async () => ({ outputs: { n: 1 }, store: { "https://a.b": [1n], again: "x" } }),
      only: () => ({ outputs: [1, 2] }),
      output: () => ({ output: 5 }),
    };
    const { runner } = await setUp(kind, nodes);
    await runner.upsertGraph("g", graph({ plain: "", both: "", only: "", output: "" }));
    const { outputs, store } = await (await runner.trigger("g")).done;
    expect(outputs).toEqual({ plain: { outputs: 1, more: 2 }, both: { n: 1 }, only: [1, 2], output: { output: 5 } });
    expect(store).toEqual({ "https://a.b": [1n], again: "x" });
  });

  it("cannot write where it reads, at run time either", async () => {
    const hands: object[] = [];
    const nodes = {
      a: {
        prep: (store: StoreReader, _: unknown, context: NodeContext) => {
          hands.push(store, context.store, context.shared as object);
          return {};
        },
      },
    };
    const { runner } = await setUp(kind, nodes, { shared: "config" });
    await runner.upsertGraph("g", graph({ a: "" }));
    await (await runner.trigger("g")).done;
    expect(hands).toHaveLength(3);
    for (const hand of hands) {
      for (const name of ["set", "delete", "update", "clear", "setMany", "touch", "addTag", "transaction", "use"])
        expect(name in hand, name).toBe(false);
      expect("set" in (hand as { scope(name: string): object }).scope("deeper")).toBe(false);
    }
  });

  it("is told which run, which node, which try it is", async () => {
    const contexts: NodeContext[] = [];
    const { runner } = await setUp(kind, { a: (_, context) => contexts.push(context) });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await done;
    expect(contexts[0]).toMatchObject({ run: id, graph: "g", node: "a", instance: "a", item: [], attempt: 1, shared: undefined });
    expect(contexts[0]?.signal.aborted).toBe(false);
  });

  it("commits its writes, its outputs and its status as one change", async () => {
    const { runner, reader } = await setUp(kind, {
      a: {
        post: async (store: StoreWriter) => {
          store.set("one", 1);
          await turns(2);
          store.set("two", 2);
          return "out";
        },
      },
      b: () => ({}),
    });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const commits: Commit[] = [];
    reader.subscribe((commit) => commits.push(commit));
    const { id, done } = await runner.trigger("g");
    await done;
    const keys = ["a_output", "node:a", "store:one", "store:two"].map((key) => `run:${id}:${key}`);
    expect(
      commits
        .filter(({ changes }) => changes.some(({ key }) => keys.slice(0, 1).concat(keys.slice(2)).includes(key)))
        .slice(0, 1)
        .map(({ changes }) => changes.map(({ key }) => key)),
    ).toEqual([keys]);
  });

  it("that fails leaves no trace of its writes", async () => {
    const { runner, reader } = await setUp(
      kind,
      {
        a: {
          post: (store: StoreWriter, _: unknown, context: { shared?: StoreWriter | undefined }) => {
            store.set("half", 1);
            context.shared?.set("half", 1);
            throw new Error("after the write");
          },
        },
        b: () => ({ outputs: undefined, store: { half: 1 } }),
      },
      { shared: "config" },
    );
    await runner.upsertGraph("g", graph({ a: "" }));
    await runner.upsertGraph("h", graph({ b: "" }));
    for (const name of ["g", "h"]) {
      const { id, done } = await runner.trigger(name);
      await rejectionOf(done, "NODE_FAILED");
      expect([...reader.keys({ prefix: `run:${id}:` })].filter((key) => key.includes("half") || key.includes("_output"))).toEqual([]);
    }
    expect(reader.has("config:half")).toBe(false);
  });

  it("sees the writes of nodes before it, and none of those that go on beside it", async () => {
    const slow = gate();
    const seen: unknown[] = [];
    const { runner, reader } = await setUp(kind, {
      a: () => ({ outputs: {}, store: { before: 1 } }),
      beside: {
        post: async (store: StoreWriter) => {
          store.set("beside", 1);
          await slow.opened;
          return {};
        },
      },
      b: { prep: (store: StoreReader) => void seen.push(store.get("before"), store.get("beside")), post: () => ({}) },
    });
    await runner.upsertGraph("g", graph({ a: "b", beside: "", b: "" }));
    const { id, done } = await runner.trigger("g");
    await until(() => statuses(runner, id).b === "completed");
    expect(seen).toEqual([1, undefined]);
    expect(reader.has(`run:${id}:store:beside`)).toBe(false);
    slow.open();
    expect((await done).store).toEqual({ before: 1, beside: 1 });
  });

  it("appends beside another, and nothing is lost: what post read and found changed, it does again", async () => {
    const append = (name: string) => ({
      post: async (store: StoreWriter) => {
        const list = store.get<string[]>("list") ?? [];
        await turns(1);
        store.set("list", [...list, name]);
        return { length: list.length + 1 };
      },
    });
    const names = ["a", "b", "c", "d", "e", "f"];
    const { runner } = await setUp(kind, Object.fromEntries(names.map((name) => [name, append(name)])));
    await runner.upsertGraph("g", graph(Object.fromEntries(names.map((name) => [name, ""]))));
    const { store } = await (await runner.trigger("g")).done;
    expect([...(store.list as string[])].sort()).toEqual(names);
  });

  it("may write any value under any key but the empty one", async () => {
    const values = { "": 1, n: null, d: new Date(0), b: 5n, "a.b": [1], "x:y": { deep: true } };
    const { runner } = await setUp(kind, {
      empty: { post: (store: StoreWriter) => ({ nothing: store.set("", 1) }) },
      given: () => ({ outputs: {}, store: { "": 1 } }),
      others: { post: (store: StoreWriter) => ({ nothing: store.setMany(Object.entries(values).slice(1)) }) },
    });
    for (const name of ["empty", "given"]) {
      await runner.upsertGraph(name, graph({ [name]: "" }));
      expect((await rejectionOf((await runner.trigger(name)).done, "NODE_FAILED")).cause).toMatchObject({ code: "INVALID_KEY" });
    }
    await runner.upsertGraph("others", graph({ others: "" }));
    const { "": _, ...rest } = values;
    expect((await (await runner.trigger("others")).done).store).toEqual(rest);
  });

  it("declares what it requires and produces, in its code or in the template, and is held to it", async () => {
    const nodes = {
      needs: { requires: ["a", "b", "c"], exec: () => ({}) },
      makes: { produces: ["x"], exec: () => ({ outputs: {}, store: { y: 1 } }) },
    };
    const { runner } = await setUp(kind, nodes);
    await runner.upsertGraph("needs", graph({ needs: "" }, { needs: { requires: ["d"] } }));
    const { cause } = await rejectionOf((await runner.trigger("needs", { store: { b: "1" } })).done, "NODE_FAILED");
    expect(cause).toMatchObject({ code: "MISSING_KEYS", keys: ["d", "a", "c"] });
    await runner.upsertGraph("makes", graph({ makes: "" }, { makes: { produces: ["y"] } }));
    expect((await rejectionOf((await runner.trigger("makes")).done, "NODE_FAILED")).cause).toMatchObject({
      code: "NOT_PRODUCED",
      key: "x",
    });
    expect((await (await runner.trigger("makes", { store: { x: "given" } })).done).store).toEqual({ x: "given", y: 1 });
  });

  it("shares a scope with all runs, whose writes are part of its commit", async () => {
    const { runner, reader, store } = await setUp(
      kind,
      {
        a: {
          prep: (_: StoreReader, __: unknown, { shared }: NodeContext) => ({ tax: shared?.get("tax") }),
          post: (own: StoreWriter, { prep }: { prep: object }, { shared }: { shared?: StoreWriter | undefined }) => {
            own.set("own", 1);
            shared?.increment("runs");
            return prep;
          },
        },
      },
      { shared: "config" },
    );
    await store.transaction((transaction) => transaction.set("config:tax", 19));
    await runner.upsertGraph("g", graph({ a: "" }));
    const versions = new Set<number>();
    reader.watch({ prefix: "config:runs" }, ({ version }) => versions.add(version));
    reader.watch(
      (key) => key.endsWith("store:own"),
      ({ version, type }) => type === "set" && versions.add(version),
    );
    const results = await Promise.all([1, 2, 3].map(async () => (await runner.trigger("g")).done));
    expect(results.map(({ outputs }) => outputs.a)).toEqual([{ tax: 19 }, { tax: 19 }, { tax: 19 }]);
    expect([reader.get("config:runs"), versions.size]).toEqual([3, 3]);
  });
});
