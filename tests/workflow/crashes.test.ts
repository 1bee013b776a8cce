/** Promises of contract 13: whenever a process dies, no node that completed runs again, and nothing of one that did not is there. On a plain store, which can be copied at any commit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type Store } from "../../ts/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { createRunner, fanout, type NodeCode, type Run } from "../../ts/workflow/index.js";
import { gate, graph, startTime, turns } from "./support.js";

describe("a crash at any moment", () => {
  const edges = {
    start: "split left",
    left: "join",
    split: "work",
    work: "gather",
    gather: "join",
    join: "choose",
    choose: "yes no",
    yes: "end",
    no: "end",
    end: "",
  };
  const more = { gather: { unites: { identifier: "split" } } };

  /** The store as a process leaves it that dies after so many more commits; `undefined` when its run ends before. */
  function leaving(store: Store, commits: number, run: Promise<Run>): Promise<Store | undefined> {
    let count = 0;
    const left = gate<Store>();
    store.subscribe(() => {
      if (count++ === commits) left.open(store.clone());
    });
    return Promise.race([left.opened, run.then(({ done }) => done).then(() => undefined)]);
  }

  /** A graph that uses everything; each node counts in the store that it committed, and outside that it ran. */
  function everything(ran: Set<string>): Record<string, NodeCode> {
    const counted = (result: (input: never, item: readonly number[]) => unknown): NodeCode => ({
      exec: (input, { instance, item }) => {
        ran.add(instance);
        return result(input as never, item);
      },
      post: (store, { exec }, { instance }) => {
        store.increment(`committed ${instance}`);
        store.increment("all");
        return exec;
      },
      onComplete: (store, { instance }) => void store.increment(`hook ${instance}`),
    });
    return {
      start: counted(() => 1),
      left: counted(() => "left"),
      split: counted(() => fanout([1, 2, 3])),
      work: counted((n: never) => n),
      gather: counted((list: never) => list),
      join: counted(() => ({})),
      choose: counted(() => ({ output: {}, next: "yes" })),
      yes: counted(() => 1),
      no: counted(() => 1),
      end: counted(() => "end"),
    };
  }

  it("loses nothing that was committed, and runs nothing again that was: every run completes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(12), { minLength: 1, maxLength: 8 }), fc.nat(3), async (crashes, width) => {
        const clock = manualClock(startTime);
        let store: Store = createStore({ clock });
        /** A process: its own memory, and what it ran. */
        const start = async (on: Store) => {
          const ran = new Set<string>();
          const runner = createRunner({ store: on, nodes: everything(ran), clock, worker: "only", concurrency: width + 1 });
          await runner.upsertGraph("g", graph(edges, more));
          const run = on.has("run:g:x:run") ? runner.resume("g:x") : runner.trigger("g", { id: "x" });
          return { ran, run };
        };
        let alive = await start(store);
        for (const commits of crashes) {
          const left = await leaving(store, commits, alive.run);
          if (left === undefined) break;
          store = left;
          const completed = [...store.keys({ prefix: "run:g:x:" })].flatMap((key) => /:([^:]+)_output$/.exec(key)?.[1] ?? []);
          alive = await start(store);
          await turns(2);
          expect(completed.filter((instance) => alive.ran.has(instance))).toEqual([]);
        }
        const { run } = alive;
        const { store: values, outputs } = await (await run).done;
        const instances = ["start", "left", "split", "work[0]", "work[1]", "work[2]", "gather", "join", "choose", "yes", "end"];
        expect(values).toEqual(
          Object.fromEntries([
            ...instances.flatMap((name) => [
              [`committed ${name}`, 1],
              [`hook ${name}`, 1],
            ]),
            ["all", 11],
          ]),
        );
        expect(outputs.gather).toEqual([1, 2, 3]);
      }),
      { numRuns: 25 },
    );
  });
});
