/** Promises of contract 13: queues connect graphs; each item triggers a run, and is acknowledged when that has completed. */
import { describe, expect, it } from "vitest";
import { DataStore } from "../../ts/datastore/index.js";
import { consumeQueues, type GraphError, mapQueues, type NodeCode, queueReader, queueWriter } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, storeKinds, turns, until } from "./support.js";

const kinds = { write: { node_name: "QueueWriter" }, read: { node_name: "QueueReader" } };
const template = graph(
  { make: "out", out: "in other", in: "use", use: "", other: "keep", keep: "" },
  { out: kinds.write, in: kinds.read, other: kinds.read },
  { required_keys: ["batch"], default_values: { unit: "mm" } },
);

describe("mapQueues", () => {
  it("names the queue of every pair, and cuts the template there", () => {
    const { queues, graphs } = mapQueues("g", template);
    expect(queues).toEqual([
      { source: "out", target: "in", queue: "queue_out_in", graph: "g-in" },
      { source: "out", target: "other", queue: "queue_out_other", graph: "g-other" },
    ]);
    const shape = Object.fromEntries(
      Object.entries(graphs).map(([name, { nodes }]) => [name, nodes.map(({ identifier, next_nodes }) => [identifier, next_nodes])]),
    );
    expect(shape).toEqual({
      g: [
        ["make", ["out"]],
        ["out", []],
      ],
      "g-in": [
        ["in", ["use"]],
        ["use", []],
      ],
      "g-other": [
        ["other", ["keep"]],
        ["keep", []],
      ],
    });
    expect([graphs.g?.store_config, graphs["g-in"]?.store_config]).toEqual([template.store_config, { default_values: { unit: "mm" } }]);
  });

  it("tells queues apart that would share a name", () => {
    const both = graph({ a_b: "c", a: "b_c", c: "", b_c: "" }, { a_b: kinds.write, a: kinds.write, c: kinds.read, b_c: kinds.read });
    expect(mapQueues("g", both).queues.map(({ queue }) => queue)).toEqual(["queue_a_b_c_2", "queue_a_b_c"]);
  });

  it("leaves a template without queues as it is, and refuses parts that hang together by more", () => {
    expect(mapQueues("g", graph({ a: "b", b: "" }))).toEqual({ queues: [], graphs: { g: graph({ a: "b", b: "" }) } });
    for (const edges of [
      { make: "out join", out: "in", in: "join", join: "" },
      { make: "out", out: "in other", in: "join", other: "join", join: "" },
    ]) {
      const tangled = graph(edges, { out: kinds.write, in: kinds.read, other: kinds.read });
      const refused = () => mapQueues("g", tangled);
      expect(refused).toThrow(expect.objectContaining({ code: "INVALID_GRAPH" }));
      try {
        refused();
      } catch (error) {
        expect((error as GraphError).problems.map(({ path }) => path)).toContain(`nodes[${Object.keys(edges).indexOf("join")}]`);
      }
    }
  });
});

describe("what is no template, or no options", () => {
  it("is refused by mapQueues, naming it", () => {
    for (const wrong of [
      undefined,
      {},
      { nodes: 5 },
      { nodes: [null] },
      { nodes: [{}] },
      { nodes: [{ identifier: "a", next_nodes: "b" }] },
    ]) {
      expect(() => mapQueues("g", wrong as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("template") }),
      );
    }
    expect(() => mapQueues("a:b", template)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("is refused by consumeQueues, naming it", async () => {
    const dataStore = DataStore.memory();
    const good = { runner: { trigger: () => null }, dataStore, queues: [] };
    const cases: [unknown, string, string][] = [
      [undefined, "INVALID_ARGUMENT", "options"],
      [{ ...good, runner: {} }, "INVALID_ARGUMENT", "runner"],
      [{ ...good, dataStore: undefined }, "INVALID_ARGUMENT", "dataStore"],
      [{ ...good, queues: undefined }, "INVALID_ARGUMENT", "queues"],
      [{ ...good, queues: [{ queue: "q" }] }, "INVALID_ARGUMENT", "queues[0]"],
      [{ ...good, concurrency: 1.5 }, "OUT_OF_RANGE", "concurrency"],
      [{ ...good, pause: -1 }, "OUT_OF_RANGE", "pause"],
      [{ ...good, visibility: "x" }, "INVALID_ARGUMENT", "visibility"],
    ];
    for (const [options, code, name] of cases) {
      expect(() => consumeQueues(options as never), name).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(name) }),
      );
    }
    await dataStore.close();
  });
});

describe.each(storeKinds)("on $kind, queues", (kind) => {
  const open = async (use: NodeCode, more = {}) => {
    const setting = await setUp(kind, {});
    const dataStore = DataStore.memory({ clock: setting.clock });
    const { queues, graphs } = mapQueues("g", template);
    const nodes = {
      make: (input: object) => ({ ...input, made: true }),
      QueueWriter: queueWriter(dataStore, queues),
      QueueReader: queueReader,
      use,
      keep: (input: object) => input,
    };
    const runner = setting.another({ nodes });
    for (const [name, part] of Object.entries(graphs)) await runner.upsertGraph(name, part);
    const reported: unknown[] = [];
    const consumer = consumeQueues({ runner, dataStore, queues, clock: setting.clock, onError: (error) => reported.push(error), ...more });
    const close = async () => {
      const closed = consumer.close();
      await pass(setting.clock, 2_000, 500);
      await closed;
      await dataStore.close();
    };
    return { ...setting, runner, dataStore, reported, close };
  };

  it("carry each item to a run of its own, in order, and acknowledge it when that has completed", async () => {
    const used: unknown[] = [];
    const slow = gate();
    const { runner, dataStore, close, reader } = await open(async (input: { n: number }) => {
      await slow.opened;
      used.push(input.n);
      return input;
    });
    for (let n = 0; n < 3; n += 1) {
      const { done } = await runner.trigger("g", { inputs: { n }, store: { batch: "1" } });
      expect((await done).outputs).toMatchObject({ out: { queue_out_in: expect.any(Number), queue_out_other: expect.any(Number) } });
    }
    await turns();
    // The first is reserved, and the others wait for it.
    expect(await dataStore.queue.length("queue_out_in")).toBe(2);
    slow.open();
    await until(() => used.length === 3);
    await turns();
    expect(used).toEqual([0, 1, 2]);
    expect([await dataStore.queue.length("queue_out_in"), await dataStore.queue.tryPop("queue_out_other")]).toMatchObject([
      0,
      { ok: false },
    ]);
    const kept = [...reader.find({ allTags: ["run:completed"], prefix: "run:g-other:" })];
    expect(kept).toHaveLength(3);
    await close();
  });

  it("that lead nowhere fail their writer, so that no item is dropped", async () => {
    const { another, dataStore, close } = await open(() => 1);
    const runner = another({ nodes: { QueueWriter: queueWriter(dataStore, []) } });
    await runner.upsertGraph("lost", graph({ out: "" }, { out: kinds.write }));
    const { done } = await runner.trigger("lost");
    expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ cause: { code: "NOT_FOUND", key: "out" } });
    await close();
  });

  it("give back the item of a run that failed, after a pause, and renew what takes long", async () => {
    let tries = 0;
    const long = gate();
    const { runner, dataStore, close, clock, reported } = await open(async () => {
      tries += 1;
      if (tries === 1) throw new Error("first");
      await long.opened;
      return 1;
    });
    await runner.trigger("g", { store: { batch: "1" } });
    await until(() => reported.length === 1);
    expect([tries, reported]).toMatchObject([1, [{ code: "NODE_FAILED" }]]);
    await pass(clock, 1_000);
    await until(() => tries === 2);
    // Ten times as long as an item is kept for one that does not renew it.
    await pass(clock, 300_000, 5_000);
    expect(tries).toBe(2);
    long.open();
    await turns();
    expect(await dataStore.queue.reserve("queue_out_in", { timeout: 0 })).toBeNull();
    await close();
  });

  it("are left at once by a consumer that is closed; options are checked", async () => {
    const { runner, dataStore, close } = await open(() => 1);
    await close();
    expect(() => consumeQueues({ runner, dataStore, queues: [], concurrency: 0 })).toThrow(RangeError);
    expect(() => consumeQueues({ runner, dataStore, queues: [], visibility: Number.NaN })).toThrow(RangeError);
  });
});
