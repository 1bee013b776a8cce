/** Promises of contract 13: in development mode nodes run one at a time, with inputs from the outputs that earlier steps left. */
import { describe, expect, it } from "vitest";
import type { ErrorCode, Value } from "../../ts/index.js";
import { fanout, requeueAfter } from "../../ts/workflow/index.js";
import { graph, pass, rejectionOf, setUp, storeKinds } from "./support.js";

/** The cache of a DataStore, as far as it is used. */
function cache() {
  const values = new Map<string, Value>();
  const spans: unknown[] = [];
  return {
    values,
    spans,
    get: async (key: string) => values.get(key) ?? null,
    set: async (key: string, value: Value, ttlSeconds?: number) => {
      values.set(key, value);
      spans.push(ttlSeconds);
    },
  };
}

describe.each(storeKinds)("on $kind, a step", (kind) => {
  const edges = { load: "double both", double: "both", both: "" };
  const more = { double: { inputs: { n: "${{ load.outputs.n }}", unit: "${{ store.unit }}", user: "${{ inputs.user }}" } } };
  const open = async () => {
    const ran: string[] = [];
    const setting = await setUp(kind, {
      load: (_, { instance }) => ({ outputs: { n: ran.push(instance) }, store: { loads: ran.length } }),
      double: ({ n, unit, user }) => ({ text: `${n * 2} ${unit} ${user}` }),
      both: (input) => input,
    });
    await setting.runner.upsertGraph("g", graph(edges, more, { required_keys: ["unit"] }));
    return { ...setting, ran };
  };

  it("runs one node, on a run of its own that stays, and leaves its outputs under <node>_output", async () => {
    const { runner, reader, ran } = await open();
    await rejectionOf(runner.step("g", "load"), "MISSING_KEYS");
    const given = { store: { unit: "mm" }, inputs: { user: "ada" } };
    expect(await runner.step("g", "load", given)).toEqual({ outputs: { n: 1 }, next: undefined });
    expect(reader.get("run:g:development:load_output")).toEqual({ n: 1 });
    expect(reader.get("run:g:development:store:loads")).toBe(1);
    expect((await runner.step("g", "double")).outputs).toEqual({ text: "2 mm ada" });
    expect((await runner.step("g", "double", { store: { unit: "cm" }, inputs: { user: "bob" } })).outputs).toEqual({ text: "2 cm bob" });
    expect((await runner.step("g", "both")).outputs).toEqual({ load: { n: 1 }, double: { text: "2 cm bob" } });
    expect(ran).toEqual(["load"]);
    expect(runner.inspect("g:development")?.run.status).toBe("development");
  });

  it("whose node before has left nothing says which", async () => {
    const { runner } = await open();
    const error = await rejectionOf(runner.step("g", "double", { store: { unit: "mm" } }), "MISSING_OUTPUT");
    expect([error.key, error.message]).toEqual(["load_output", expect.stringContaining('"load"')]);
    await runner.step("g", "load", { store: { unit: "mm" } });
    expect((await rejectionOf(runner.step("g", "both"), "MISSING_OUTPUT")).key).toBe("double_output");
  });

  it("takes outputs from a cache first, and puts its own there, for as long as is asked", async () => {
    const { runner, clock, reader } = await open();
    const shared = cache();
    shared.values.set("load_output", { n: 50 });
    const options = { cache: shared, ttl: 60_000, store: { unit: "mm" }, inputs: { user: "ada" } };
    expect((await runner.step("g", "double", options)).outputs).toEqual({ text: "100 mm ada" });
    expect([shared.values.get("double_output"), shared.spans]).toEqual([{ text: "100 mm ada" }, [60]]);
    expect(reader.ttl("run:g:development:double_output")).toBe(60_000);
    await pass(clock, 60_000);
    expect((await rejectionOf(runner.step("g", "both"), "MISSING_OUTPUT")).key).toBe("load_output");
  });

  it("goes by the graph as it is now", async () => {
    const { runner } = await open();
    await runner.step("g", "load", { store: { unit: "mm" }, inputs: { user: "x" } });
    await runner.upsertGraph("g", graph(edges, { double: { inputs: { n: "${{ load.outputs.n }}", unit: "new", user: "" } } }));
    expect((await runner.step("g", "double")).outputs).toEqual({ text: "2 new " });
  });

  it("takes one item of what was fanned out, and gathers what there is", async () => {
    const { runner } = await setUp(kind, { split: () => fanout([{ n: 1 }, { n: 2 }]), work: ({ n }) => n * 10, gather: (list) => list });
    await runner.upsertGraph("g", graph({ split: "work", work: "gather", gather: "" }, { gather: { unites: { identifier: "split" } } }));
    expect((await runner.step("g", "split")).outputs).toEqual([{ n: 1 }, { n: 2 }]);
    expect((await runner.step("g", "work")).outputs).toBe(10);
    expect((await runner.step("g", "work", { item: 1 })).outputs).toBe(20);
    expect((await runner.step("g", "gather")).outputs).toEqual([20]);
  });

  it("that fails rejects with what the node threw, and leaves no trace but that", async () => {
    const error = new Error("bad");
    const { runner, reader } = await setUp(kind, {
      a: {
        post: (store) => {
          store.set("half", 1);
          throw error;
        },
      },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    expect(await rejectionOf(runner.step("g", "a"))).toBe(error);
    expect(runner.inspect("g:development")?.nodes.get("a")).toMatchObject({ status: "failed", error: { message: "bad" } });
    expect(reader.has("run:g:development:store:half")).toBe(false);
  });

  // The step resolved with what an earlier one had left, while the node waited for a try that nobody made.
  it.each([
    ["of the runner", {}, { attempts: 3, delay: 10 }],
    ["of its own", { retry: { attempts: 3, delay: 10 } }, undefined],
  ])("is tried once, also where a policy %s has it tried again", async (_, own, retry) => {
    const error = new Error("bad");
    let tries = 0;
    const exec = () => {
      tries += 1;
      if (tries > 1) throw error;
      return "good";
    };
    const { runner } = await setUp(kind, { a: { exec, ...own } }, { retry });
    await runner.upsertGraph("g", graph({ a: "" }));
    expect((await runner.step("g", "a")).outputs).toBe("good");
    expect(await rejectionOf(runner.step("g", "a"))).toBe(error);
    expect([tries, runner.inspect("g:development")?.nodes.get("a")?.status]).toEqual([2, "failed"]);
  });

  it("of a node that is to run again says so, and leaves what an earlier one left", async () => {
    let isReady = true;
    const { runner, reader } = await setUp(kind, { a: () => (isReady ? "ready" : requeueAfter(1_000)) });
    await runner.upsertGraph("g", graph({ a: "" }));
    await runner.step("g", "a");
    isReady = false;
    const shared = cache();
    expect(await runner.step("g", "a", { cache: shared })).toEqual({ outputs: null, next: undefined, requeueAfter: 1_000 });
    expect([reader.get("run:g:development:a_output"), shared.values.size]).toEqual(["ready", 0]);
    isReady = true;
    expect(await runner.step("g", "a")).toEqual({ outputs: "ready" });
  });

  it("refuses options that are none before its node runs", async () => {
    const { runner, ran } = await open();
    const cases: [unknown, string, string][] = [
      [null, "INVALID_ARGUMENT", "options"],
      [{ cache: 5 }, "INVALID_ARGUMENT", "cache"],
      [{ cache: { get: () => null } }, "INVALID_ARGUMENT", "cache"],
      [{ ttl: 0 }, "OUT_OF_RANGE", "ttl"],
      [{ ttl: "5m", cache: cache() }, "INVALID_ARGUMENT", "ttl"],
      [{ item: -1 }, "OUT_OF_RANGE", "item"],
      [{ item: 0.5 }, "OUT_OF_RANGE", "item"],
    ];
    for (const [options, code, name] of cases) {
      const given = options === null ? null : { store: { unit: "mm" }, ...(options as object) };
      expect((await rejectionOf(runner.step("g", "load", given as never), code as ErrorCode)).message).toContain(name);
    }
    expect(ran).toEqual([]);
  });

  it("refuses what is no graph, no node, and no run of development", async () => {
    const { runner } = await open();
    await rejectionOf(runner.step("none", "a"), "NOT_FOUND");
    await rejectionOf(runner.step("g", "none"), "NOT_FOUND");
    const { done } = await runner.trigger("g", { id: "real", store: { unit: "mm" }, inputs: { user: "x" } });
    await done;
    await rejectionOf(runner.step("g", "load", { id: "real" }), "INVALID_ARGUMENT");
    await rejectionOf(runner.step("g", "load", { store: { unit: 5 as never } }), "INVALID_VALUE");
  });
});
