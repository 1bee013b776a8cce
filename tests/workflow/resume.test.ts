/** Promises of contract 13: a run survives the death of its process; no node that completed runs again, and nothing of one that did not is there. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type Store } from "../../ts/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { createRunner, fanout, type NodeCode, type Run } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, startTime, statuses, storeKinds, turns, until } from "./support.js";

describe.each(storeKinds)("on $kind, resume", (kind) => {
  it.each([
    ["at once, where the new worker has the name of the old one", "first", 0],
    ["when the lease of the old worker has ended, where it has another", "second", 30_000],
  ])("goes on after a crash %s, with what had not completed, from the run's own template", async (_, worker, lease) => {
    const runs: string[] = [];
    const stuck = gate();
    const code =
      (name: string, wait?: Promise<void>): NodeCode =>
      async () => {
        runs.push(name);
        await wait;
        return name;
      };
    const { store, runner, another, clock } = await setUp(kind, { a: code("a"), b: code("b", stuck.opened), c: code("c"), d: code("d") });
    await runner.upsertGraph("g", graph({ a: "b c", b: "d", c: "d", d: "" }));
    const { id } = await runner.trigger("g", { store: { given: "1" }, inputs: { n: 1 } });
    await until(() => statuses(runner, id).c === "completed");
    await runner.upsertGraph("g", graph({ c: "" }));
    const later = another({
      store: await kind.crash(store),
      worker,
      nodes: { a: code("a"), b: code("b again"), c: code("c"), d: code("d") },
    });
    const run = await later.resume(id);
    if (lease > 0) {
      await pass(clock, lease - 1);
      expect([runs, run.status]).toEqual([["a", "b", "c"], "running"]);
      await pass(clock, 1);
    }
    expect(await run.done).toMatchObject({ outputs: { a: "a", b: "b again", c: "c", d: "d" }, store: { given: "1" } });
    expect(runs).toEqual(["a", "b", "c", "b again", "d"]);
    expect(later.inspect(id)?.nodes.get("b")).toMatchObject({ starts: 2, attempt: 1 });
  });

  it("takes part in a run that goes on, and gives what came of one that has ended", async () => {
    const slow = gate();
    const { runner, another } = await setUp(kind, { a: () => slow.opened.then(() => 1) });
    await runner.upsertGraph("g", graph({ a: "" }));
    const first = await runner.trigger("g", { store: { key: "value" } });
    const again = await runner.resume(first.id);
    const elsewhere = await another().resume(first.id);
    slow.open();
    const results = await Promise.all([first.done, again.done, elsewhere.done]);
    for (const result of results) expect(result).toEqual({ id: first.id, outputs: { a: 1 }, store: { key: "value" } });
    const late = await another().resume(first.id);
    expect([late.status, (await late.done).outputs]).toEqual(["completed", { a: 1 }]);
  });

  it("tries a failed run again from where it failed, as often as asked", async () => {
    const runs: string[] = [];
    let left = 2;
    const { runner, reader } = await setUp(kind, {
      a: () => runs.push("a"),
      b: () => {
        runs.push("b");
        if (left-- > 0) throw new Error(`left ${left}`);
        return "b";
      },
      c: () => runs.push("c"),
    });
    await runner.upsertGraph("g", graph({ a: "b", b: "c", c: "" }));
    let run: Run = await runner.trigger("g");
    for (const expected of [1, 0]) {
      expect(await rejectionOf(run.done, "NODE_FAILED")).toMatchObject({ node: "b", cause: { message: `left ${expected}` } });
      expect(run.status).toBe("failed");
      run = await runner.resume(run.id);
    }
    await run.done;
    expect(runs).toEqual(["a", "b", "b", "b", "c"]);
    expect([...reader.keys()].filter((key) => key.startsWith(`run:${run.id}`) && reader.ttl(key) === null)).toEqual([]);
  });

  it("refuses what is no run, a run of development, and a run whose code is missing here", async () => {
    const { runner, another } = await setUp(kind, { a: () => 1, b: () => 1 });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    await rejectionOf(runner.resume("g:none"), "NOT_FOUND");
    for (const wrong of ["g", "", "a:b:c", ":x", 5 as never]) await rejectionOf(runner.resume(wrong), "INVALID_ARGUMENT");
    await runner.step("g", "a");
    await rejectionOf(runner.resume("g:development"), "INVALID_ARGUMENT");
    const { id } = await runner.trigger("g");
    expect((await rejectionOf(another({ nodes: { a: () => 1 } }).resume(id), "UNKNOWN_NODE")).message).toContain('"b"');
  });
});

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
