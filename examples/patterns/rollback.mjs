// @ts-check
/**
 * The pattern transaction with rollback: a node moves money in several writes, and one of them turns out to be impossible. Nothing of it is there; what a hook wrote about it is; and
 * when the cause is mended, the run goes on.
 */
import { createStore } from "holdall";
import { createRunner } from "holdall/workflow";

const store = createStore();
const accounts = store.scope("accounts");
accounts.setMany([
  ["ada", 50],
  ["bank", 0],
]);
const show = () => JSON.stringify(Object.fromEntries(accounts.entries()));

const runner = createRunner({
  store,
  shared: "accounts",
  nodes: {
    transfer: {
      post: (_, { input }, { shared }) => {
        if (shared === undefined) throw new Error("There are no accounts");
        const { from, to, amount } = input;
        shared.increment(to, amount);
        const left = shared.increment(from, -amount);
        if (left < 0) throw new Error(`${from} would have ${left}`);
        return { left };
      },
      onFailure: (own, { message }) => own.set("refused", message),
    },
    receipt: ({ left }) => ({ text: `left: ${left}` }),
  },
});
await runner.upsertGraph("payment", {
  nodes: [
    {
      node_name: "transfer",
      identifier: "transfer",
      inputs: { from: "ada", to: "bank", amount: "${{ inputs.amount }}" },
      next_nodes: ["receipt"],
    },
    { node_name: "receipt", identifier: "receipt" },
  ],
});

console.log(`before: ${show()}`);
const first = await runner.trigger("payment", { inputs: { amount: 80 } });
await first.done.catch((error) => console.log(`${error.code}: ${error.cause.message}`));
console.log(`rolled back: ${show()}, and the hook's note stays: ${first.store.get("refused")}`);

accounts.set("ada", 100);
const second = await runner.resume(first.id);
const { outputs } = await second.done;
console.log(`resumed: ${show()}, ${/** @type {{ text: string }} */ (outputs.receipt).text}`);
await runner.close();
