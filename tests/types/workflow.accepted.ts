/**
 * What must compile of workflow runs, with the types that it must have. Compiled by `types.test.ts` and `npm run check`; never run.
 *
 * @module
 */
import { createStore, type StoreReader, type StoreWriter, type Value } from "../../ts/index.js";
import {
  createRunner,
  defineNode,
  fanout,
  type GraphTemplate,
  type NodePhases,
  prune,
  type RunResult,
  requeueAfter,
} from "../../ts/workflow/index.js";

/** Fails to compile unless both types are the same. */
function same<A, B>(_same: [A] extends [B] ? ([B] extends [A] ? true : never) : never): void {}

// Types flow from phase to phase, and what is left out passes on what came before.
const price = defineNode({
  prep: (store, { sku }: { sku: string }) => ({ sku, rate: store.getAs("rate", "number") }),
  exec: async ({ sku, rate }, { signal }) => (signal.aborted ? 0 : sku.length * rate),
  post: (store, { input, prep, exec }) => {
    same<typeof input, { sku: string }>(true);
    same<typeof prep, { sku: string; rate: number }>(true);
    same<typeof exec, number>(true);
    store.set(input.sku, exec);
    return { output: exec, next: ["next"] };
  },
  onFailure: (store, { code = "none", message }) => store.set("why", `${code} ${message}`),
  retry: { attempts: 3, when: (error) => error instanceof Error },
  timeout: 5_000,
});
same<typeof price, NodePhases<{ sku: string }, { sku: string; rate: number }, number>>(true);

// A template may come from a JSON file, whose texts are just texts.
declare const json: {
  nodes: { node_name: string; identifier: string; next_nodes: string[]; unites?: { identifier: string; strategy: string } }[];
};
const template: GraphTemplate = json;

// Functions of any input are nodes; so are functions that direct the run.
const store = createStore();
const runner = createRunner({
  store: store.scope("tenant:1"),
  nodes: {
    price,
    plain: ({ n }: { n: number }) => n + 1,
    untyped: (input) => input.anything,
    split: () => fanout([1, { deep: [true] }]),
    end: () => prune(),
    later: async () => requeueAfter(1_000),
    both: () => ({ outputs: {}, store: { key: 5n } }),
  },
  retention: { store: "1h", completed: null },
});
await runner.upsertGraph("g", template);
const run = await runner.trigger("g", { inputs: { when: new Date(0) }, store: { cursor: "0" } });
const result = await run.done;
same<typeof result, RunResult>(true);
const out: Value | undefined = result.outputs.price;
run.store.watch(({ key, value }) => [key, value, out]);
const record = runner.inspect(run.id)?.nodes.get("price[3]");
same<NonNullable<typeof record>["status"], "running" | "waiting" | "completed" | "pruned" | "skipped" | "failed">(true);
await using _ = runner;

// A node works in scopes of its store, each with what the store itself has there: reading before the work, writing behind it.
defineNode({
  prep: (reader, _, { shared }) => {
    same<ReturnType<typeof reader.scope>, StoreReader>(true);
    same<ReturnType<NonNullable<typeof shared>["isolate"]>, StoreReader>(true);
    return reader.scope("user").isolate("1").getAs("name", "string");
  },
  post: (store, { prep }, { store: present, shared }) => {
    same<ReturnType<typeof store.scope>, StoreWriter>(true);
    same<ReturnType<typeof present.scope>, StoreReader>(true);
    shared?.scope("names").increment(prep);
    store.scope("user").scope("1").set("seen", prep);
    return prep;
  },
  onComplete: (store) => store.isolate("a:b").clear(),
});
