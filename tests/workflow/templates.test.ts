/** Promises of contract 13: a template is checked as a whole, all problems are told at once, and a run keeps the template that it began with. */
import { describe, expect, it } from "vitest";
import type { GraphError, GraphProblem, GraphTemplate } from "../../ts/workflow/index.js";
import { graph, rejectionOf, type StoreKind, setUp, storeKinds } from "./support.js";

const kind = storeKinds[0] as StoreKind;
const nodes = { a: () => ({}), b: () => ({}), c: () => ({}), writer: { produces: ["made"], exec: () => ({}) } };

async function problemsOf(template: unknown): Promise<readonly (readonly [string, string])[]> {
  const { runner } = await setUp(kind, nodes);
  const error = (await rejectionOf(runner.upsertGraph("g", template as GraphTemplate), "INVALID_GRAPH")) as GraphError;
  expect(error.name).toBe("GraphError");
  for (const { path, message } of error.problems) expect(error.message).toContain(`${path}: ${message}`);
  return error.problems.map(({ code, path }: GraphProblem) => [code, path]);
}

async function warningsOf(template: GraphTemplate): Promise<readonly (readonly [string, string])[]> {
  const { runner } = await setUp(kind, nodes);
  return (await runner.upsertGraph("g", template)).warnings.map(({ code, path }) => [code, path]);
}

describe("what is wrong with a template", () => {
  it("is told all at once, each with its code, its place and words", async () => {
    const template = {
      store_config: {
        required_keys: ["cursor", "", "a.b", "cursor", 5],
        default_values: { "c.d": "1", limit: 10, none: null, "": "x", ok: "fine" },
      },
      nodes: [
        {
          node_name: "a",
          identifier: "a",
          next_nodes: ["b", "nowhere", "b"],
          inputs: { x: "${{ store.cursor", y: { deep: ["${{ c.outputs.z }}"] } },
        },
        { node_name: "nobody", identifier: "b", next_nodes: ["c"], inputs: { x: "${{ lost.outputs.y }}" } },
        { node_name: "c", identifier: "a" },
        { node_name: "c", identifier: "c", next_nodes: ["b"], unites: { identifier: "lost", strategy: "ALL_DONE" } },
        { node_name: 5, identifier: "store" },
        { node_name: "a", identifier: "a.b", requires: [""], inputs: [] },
      ],
    };
    expect(await problemsOf(template)).toEqual([
      ["DUPLICATE", "store_config.required_keys[3]"],
      ["WRONG_TYPE", "store_config.required_keys[4]"],
      ["EMPTY_KEY", "store_config.required_keys[1]"],
      ["DOTTED_KEY", "store_config.required_keys[2]"],
      ["DOTTED_KEY", 'store_config.default_values["c.d"]'],
      ["NOT_A_STRING", "store_config.default_values.limit"],
      ["NOT_A_STRING", "store_config.default_values.none"],
      ["EMPTY_KEY", 'store_config.default_values[""]'],
      ["DUPLICATE", "nodes[0].next_nodes[2]"],
      ["UNKNOWN_NODE", "nodes[1].node_name"],
      ["DUPLICATE", "nodes[2].identifier"],
      ["WRONG_TYPE", "nodes[4].node_name"],
      ["INVALID_IDENTIFIER", "nodes[4].identifier"],
      ["WRONG_TYPE", "nodes[5].inputs"],
      ["EMPTY_KEY", "nodes[5].requires[0]"],
      ["INVALID_IDENTIFIER", "nodes[5].identifier"],
      ["UNKNOWN_IDENTIFIER", "nodes[0].next_nodes[1]"],
      ["CYCLE", "nodes[1].next_nodes"],
      ["MALFORMED_EXPRESSION", "nodes[0].inputs.x"],
      ["NOT_UPSTREAM", "nodes[0].inputs.y.deep[0]"],
      ["UNKNOWN_IDENTIFIER", "nodes[1].inputs.x"],
      ["UNKNOWN_IDENTIFIER", "nodes[3].unites.identifier"],
      ["NOT_SUPPORTED", "nodes[3].unites.strategy"],
    ]);
  });

  it.each([null, undefined, 5, "text", [], new Map()])("is that %s is none", async (template) => {
    const problems = await problemsOf(template);
    expect(problems).toContainEqual(["WRONG_TYPE", "template"]);
    expect(problems).toContainEqual(["NO_NODES", "nodes"]);
  });

  it("may be a circle of one, of two, or behind a node that is in order", async () => {
    expect(await problemsOf(graph({ a: "a" }))).toEqual([["CYCLE", "nodes[0].next_nodes"]]);
    expect(await problemsOf(graph({ a: "b", b: "a" }))).toEqual([["CYCLE", "nodes[0].next_nodes"]]);
    const { runner } = await setUp(kind, nodes);
    const error = await rejectionOf(runner.upsertGraph("g", graph({ a: "b", b: "c", c: "b" })), "INVALID_GRAPH");
    expect(error.message).toContain("b → c → b");
  });

  it("is found in fields of the wrong type too, without another error", async () => {
    const wrong = [null, 5, "x", true, []];
    for (const value of wrong) {
      await problemsOf({ nodes: [value], store_config: value, extra: value });
      for (const field of ["node_name", "identifier"]) {
        expect(
          (await problemsOf({ nodes: [{ node_name: "a", identifier: "a", [field]: typeof value === "string" ? "" : value }] })).length,
        ).toBe(1);
      }
      for (const field of ["inputs", "next_nodes", "unites", "requires", "produces"]) {
        if (value === null || (Array.isArray(value) && field !== "inputs" && field !== "unites")) continue;
        expect((await problemsOf({ nodes: [{ node_name: "a", identifier: "a", [field]: value }] })).length).toBeGreaterThan(0);
      }
    }
  });

  it("changes nothing: the graph is as it was", async () => {
    const { runner, reader } = await setUp(kind, nodes);
    await runner.upsertGraph("g", graph({ a: "" }));
    const before = reader.get("graph:g");
    await rejectionOf(runner.upsertGraph("g", graph({ missing: "" })), "INVALID_GRAPH");
    expect(reader.get("graph:g")).toBe(before);
  });
});

describe("what may be a mistake", () => {
  it("is a warning: a key that nothing declares, a field that nobody reads", async () => {
    const template = {
      ...graph(
        { a: "b", b: "", writer: "" },
        {
          a: { inputs: { x: "${{ store.cursor }} ${{ store.made }} ${{ store.lost }}" }, retries: 3 },
          b: { requires: ["own", "gone"], produces: ["own"] },
        },
        { required_keys: ["cursor"] },
      ),
      secrets: {},
    };
    expect(await warningsOf(template)).toEqual([
      ["UNKNOWN_FIELD", "secrets"],
      ["UNKNOWN_FIELD", "nodes[0].retries"],
      ["UNDECLARED_KEY", "nodes[0].inputs.x"],
      ["UNDECLARED_KEY", "nodes[1].requires"],
    ]);
  });

  it.each([
    { store_config: null },
    { store_config: { required_keys: null, default_values: null } },
    { node: { inputs: null, next_nodes: null, unites: null, requires: null, produces: null } },
  ])("is not null for what is left out: %j", async ({ node = {}, ...more }) => {
    const [kind] = storeKinds;
    const { runner } = await setUp(kind as (typeof storeKinds)[number], { a: (input) => input });
    await runner.upsertGraph("g", { nodes: [{ node_name: "a", identifier: "a", ...node }], ...more });
    const { done } = await runner.trigger("g", { inputs: { n: 1 } });
    expect((await done).outputs.a).toEqual({ n: 1 });
  });

  it("is not what Exosphere's templates have anyway", async () => {
    const template = { nodes: [{ node_name: "a", namespace: "mine", identifier: "a", inputs: {}, next_nodes: null }] };
    expect(await warningsOf(template)).toEqual([]);
  });
});

describe.each(storeKinds)("on $kind, a graph", (storeKind) => {
  it("has another template for the runs to come, while those that have begun keep theirs", async () => {
    let wait = Promise.resolve();
    const setting = await setUp(storeKind, { a: () => wait.then(() => "a"), b: () => "b", c: () => "c" });
    const { runner } = setting;
    await runner.upsertGraph("g", graph({ a: "b", b: "" }, {}, { default_values: { version: "1" } }));
    let release = () => {};
    wait = new Promise((resolve) => {
      release = resolve;
    });
    const first = await runner.trigger("g");
    await runner.upsertGraph("g", graph({ a: "c", c: "" }, {}, { default_values: { version: "2" } }));
    const second = await runner.trigger("g");
    release();
    expect(await first.done).toMatchObject({ outputs: { a: "a", b: "b" }, store: { version: "1" } });
    expect(await second.done).toMatchObject({ outputs: { a: "a", c: "c" }, store: { version: "2" } });
  });

  it("has a name that can stand in a key", async () => {
    const { runner } = await setUp(storeKind, nodes);
    for (const name of ["", "a:b", "~a", 5, undefined] as string[]) {
      await rejectionOf(runner.upsertGraph(name, graph({ a: "" })), "INVALID_ARGUMENT");
      await rejectionOf(runner.trigger(name), "INVALID_ARGUMENT");
    }
    await rejectionOf(runner.trigger("unknown"), "NOT_FOUND");
  });
});
