/** Promises of contract 13, on graphs of any shape: every node runs after those before it, once, or is skipped; every run ends. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore } from "../../ts/index.js";
import { createRunner, fanout, type NodeCode, prune, type TemplateNode } from "../../ts/workflow/index.js";
import { graphOf } from "../../ts/workflow/template/graph.js";

/** What a node does: goes on, ends its branch, chooses by a number, or fans out. */
type Deed = { readonly kind: "go" | "prune" | "choose" | "fan"; readonly by: number };

const deeds: fc.Arbitrary<Deed> = fc.record({ kind: fc.constantFrom("go", "go", "go", "prune", "choose", "fan"), by: fc.nat(3) });
/** Nodes, each with the numbers of those that it leads to, all behind it. */
const shapes = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.record({
    deeds: fc.array(deeds, { minLength: size, maxLength: size }),
    edges: fc.array(fc.array(fc.boolean(), { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
    concurrency: fc.integer({ min: 1, max: 4 }),
  }),
);

describe("a graph of any shape", () => {
  it("without fan-outs: nodes run in the order of their edges, and exactly those that something leads to", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ deeds, edges, concurrency }) => {
        const ids = deeds.map((_, at) => `n${at}`);
        const nextOf = (at: number) => ids.filter((_, to) => to > at && edges[at]?.[to]);
        const order: string[] = [];
        const chosen = (at: number) => {
          const { kind, by } = deeds[at] as Deed;
          if (kind === "prune") return [];
          return kind === "choose" ? nextOf(at).filter((_, index) => (by >> index) & 1) : nextOf(at);
        };
        const nodes = Object.fromEntries(
          ids.map((id, at): [string, NodeCode] => [
            id,
            async () => {
              for (let turn = 0; turn < (at * 7) % 3; turn += 1) await Promise.resolve();
              order.push(id);
              return deeds[at]?.kind === "prune" ? prune() : { output: id, next: chosen(at) };
            },
          ]),
        );
        const runner = createRunner({ store: createStore(), nodes, concurrency });
        await runner.upsertGraph("g", {
          nodes: ids.map((id, at): TemplateNode => ({ node_name: id, identifier: id, next_nodes: nextOf(at) })),
        });
        const { id, done } = await runner.trigger("g");
        const { outputs } = await done;
        // What the rules say, by a walk of its own.
        const runs = new Set<string>();
        for (const [at, id] of ids.entries()) {
          const before = ids.slice(0, at).filter((_, from) => nextOf(from).includes(id));
          if (before.length === 0 || before.some((from) => runs.has(from) && chosen(ids.indexOf(from)).includes(id))) runs.add(id);
        }
        expect([...order].sort()).toEqual([...runs].sort());
        for (const [at, id] of ids.entries()) {
          for (const next of nextOf(at)) {
            if (runs.has(id) && runs.has(next)) expect(order.indexOf(id)).toBeLessThan(order.indexOf(next));
          }
        }
        const records = runner.inspect(id)?.nodes;
        for (const [at, id] of ids.entries()) {
          expect(records?.get(id)?.status).toBe(runs.has(id) ? (deeds[at]?.kind === "prune" ? "pruned" : "completed") : "skipped");
          expect(id in outputs).toBe(records?.get(id)?.status === "completed");
        }
        await runner.close();
      }),
      { numRuns: 60 },
    );
  });

  it("with fan-outs, gathered or not: no instance runs twice, and every run ends", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async ({ deeds, edges, concurrency }, gathers) => {
        const ids = deeds.map((_, at) => `n${at}`);
        const nextOf = (at: number) => ids.filter((_, to) => to > at && edges[at]?.[to]);
        const order: string[] = [];
        const nodes = Object.fromEntries(
          ids.map((id, at): [string, NodeCode] => [
            id,
            (_, { instance }) => {
              order.push(instance);
              const { kind, by } = deeds[at] as Deed;
              if (kind === "fan") return fanout(Array.from({ length: by }, (_, item) => item));
              return kind === "prune" ? prune() : { output: id, next: kind === "choose" ? nextOf(at).slice(0, by) : nextOf(at) };
            },
          ]),
        );
        const plain = ids.map((id, at): TemplateNode => ({ node_name: id, identifier: id, next_nodes: nextOf(at) }));
        const walk = graphOf({ nodes: plain });
        const template = plain.map((node, at): TemplateNode => {
          const first = ids.find((id, from) => deeds[from]?.kind === "fan" && walk.leads(id, node.identifier));
          return gathers[at] && first !== undefined ? { ...node, unites: { identifier: first } } : node;
        });
        const runner = createRunner({ store: createStore(), nodes, concurrency });
        await runner.upsertGraph("g", { nodes: template });
        await (await runner.trigger("g")).done;
        expect(order).toHaveLength(new Set(order).size);
        await runner.close();
      }),
      { numRuns: 60 },
    );
  });
});
