/**
 * What must not compile of workflow runs: each line below `@ts-expect-error` is a mistake that the types catch. Compiled by `types.test.ts` and
 * `npm run check`; never run.
 *
 * @module
 */
import { createStore } from "../../ts/index.js";
import { createRunner, defineNode, fanout, requeueAfter } from "../../ts/workflow/index.js";

const store = createStore();
const runner = createRunner({ store, nodes: {} });
const run = await runner.trigger("g");

// @ts-expect-error a runner needs the code of nodes
createRunner({ store });
// @ts-expect-error a reader is no store to run on
createRunner({ store: store.reader(), nodes: {} });
// @ts-expect-error a node is a function or phases
createRunner({ store, nodes: { a: "code" } });
// @ts-expect-error an option is misspelt
createRunner({ store, nodes: {}, concurency: 3 });
// @ts-expect-error prep reads, and does not write
defineNode({ prep: (reader) => reader.set("key", 1) });
// @ts-expect-error nor does the store of a context
defineNode({ exec: (_, { store }) => store.delete("key") });
// @ts-expect-error nor its shared scope
defineNode({ exec: (_, { shared }) => shared?.set("key", 1) });
// @ts-expect-error nor a scope of it
defineNode({ prep: (reader) => reader.scope("user").set("key", 1) });
// @ts-expect-error nor a scope of the store of a context
defineNode({ post: (_, __, { store }) => store.isolate("1").clear() });
// @ts-expect-error a scope of a store that is written is no store of its own: it commits with the node
defineNode({ post: (store) => store.scope("user").transaction(() => 1) });
// @ts-expect-error exec gets what prep gave
defineNode({ prep: () => 5, exec: (n) => n.toUpperCase() });
// @ts-expect-error a hook on failure gets the error as it was recorded
defineNode({ onFailure: (_, error) => error.stack });
// @ts-expect-error a limit is a number of milliseconds
defineNode({ timeout: "5s" });
// @ts-expect-error a template has nodes
await runner.upsertGraph("g", {});
// @ts-expect-error a default is a text
await runner.upsertGraph("g", { store_config: { default_values: { a: 1 } }, nodes: [] });
// @ts-expect-error so is what a trigger gives to the store
await runner.trigger("g", { store: { cursor: 0 } });
// @ts-expect-error inputs are values
await runner.trigger("g", { inputs: { call: () => 1 } });
// @ts-expect-error the store of a run is read only
run.store.set("key", 1);
// @ts-expect-error so is where it stands
run.status = "completed";
// @ts-expect-error items are an array
fanout("text");
// @ts-expect-error a span is a number
requeueAfter("1m");
