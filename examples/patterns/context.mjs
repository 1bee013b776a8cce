// @ts-check
/**
 * The pattern workflow context: what nodes have to know of each other is in the run's store, and what runs share is in a scope beside it. The graph is a template,
 * and the nodes know neither each other nor the graph.
 */
import { createStore } from "holdall";
import { createRunner } from "holdall/workflow";

const store = createStore();
store.scope("config").set("vat", 0.19);

const runner = createRunner({
  store,
  shared: "config",
  nodes: {
    price: ({ net }, { shared }) => {
      const gross = Math.round(Number(net) * (1 + (shared?.getAs("vat", "number") ?? 0)));
      return { outputs: { gross }, store: { gross } };
    },
    letter: ({ name, cents }) => ({ text: `Dear ${name}, please pay ${(cents / 100).toFixed(2)}` }),
    archive: {
      post: (own, { input }, { shared }) => {
        shared?.increment("letters");
        own.set("archived", true);
        return { length: input.text.length };
      },
    },
  },
});

await runner.upsertGraph("invoice", {
  store_config: { required_keys: ["customer", "net"], default_values: { greeting: "Dear" } },
  nodes: [
    { node_name: "price", identifier: "price", inputs: { net: "${{ store.net }}" }, next_nodes: ["letter"] },
    {
      node_name: "letter",
      identifier: "letter",
      inputs: { name: "${{ store.customer }}", cents: "${{ price.outputs.gross }}" },
      next_nodes: ["archive"],
    },
    { node_name: "archive", identifier: "archive" },
  ],
});

const runs = await Promise.all(
  [
    { customer: "Ada", net: "1000" },
    { customer: "Grace", net: "2500" },
  ].map((given) => runner.trigger("invoice", { store: given })),
);
for (const { done } of runs) {
  const { outputs, store: context } = await done;
  console.log(/** @type {{ text: string }} */ (outputs.letter).text);
  console.log(`  the context at the end: ${JSON.stringify(context)}`);
}
console.log(`letters, counted over all runs: ${store.get("config:letters")}`);
await runner.close();
