/** Promises of contract 13: hooks of a node get a writer; their writes are a commit of their own, stay when the node failed, and survive a crash. */
import { describe, expect, it } from "vitest";
import type { StoreWriter } from "../../ts/index.js";
import { type NodePhases, requeueAfter } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, statuses, storeKinds, turns, until } from "./support.js";

/** Hooks that note in the store that they ran. */
function noting(): NodePhases {
  const note =
    (name: string) =>
    (store: StoreWriter, ...rest: unknown[]) =>
      void store.update("notes", (notes) => [...((notes as string[]) ?? []), `${name} ${JSON.stringify(rest.slice(0, -1))}`]);
  return { onSuccess: note("success"), onFailure: note("failure"), onComplete: note("complete") };
}

describe.each(storeKinds)("on $kind, hooks", (kind) => {
  it("run after a node that completed, in their order, before what comes behind it", async () => {
    const { runner } = await setUp(kind, { a: { ...noting(), post: () => ({ n: 1 }) }, b: { prep: (store) => store.get("notes") } });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const notes = ['success [{"n":1}]', "complete []"];
    expect(await (await runner.trigger("g")).done).toMatchObject({ outputs: { b: notes }, store: { notes } });
  });

  it("run after a node that failed for good, and their writes stay", async () => {
    const nodes = {
      a: {
        ...noting(),
        retry: { attempts: 2, delay: 10 },
        post: (store: StoreWriter) => {
          store.set("half", 1);
          throw Object.assign(new TypeError("no"), { code: "E_NO" });
        },
      },
    };
    const { runner, reader, clock } = await setUp(kind, nodes);
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await pass(clock, 10);
    await rejectionOf(done, "NODE_FAILED");
    expect([...reader.scope(`run:${id}`).scope("store").entries()]).toEqual([
      ["notes", ['failure [{"code":"E_NO","name":"TypeError","message":"no"}]', "complete []"]],
    ]);
  });

  it("are commits of their own", async () => {
    const { runner, reader } = await setUp(kind, { a: { ...noting(), exec: () => 1 } });
    await runner.upsertGraph("g", graph({ a: "" }));
    const versions: number[] = [];
    reader.watch(
      (key) => key.endsWith(":node:a") || key.endsWith(":notes"),
      ({ version, type }) => type === "set" && versions.push(version),
    );
    await (await runner.trigger("g")).done;
    // Begun, completed, and twice a note with its mark.
    expect([versions.length, new Set(versions).size]).toEqual([6, 4]);
  });

  it("that throw are reported, change nothing, and stop neither the others nor the run", async () => {
    const error = new Error("hook");
    const { runner, reported } = await setUp(kind, {
      a: {
        ...noting(),
        exec: () => 1,
        onSuccess: (store) => {
          store.set("half", 1);
          throw error;
        },
      },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    expect((await (await runner.trigger("g")).done).store).toEqual({ notes: ["complete []"] });
    expect(reported).toEqual([error]);
  });

  it("that hang are ended by the node's time limit", async () => {
    const { runner, clock, reported } = await setUp(kind, { a: { exec: () => 1, timeout: 100, onSuccess: () => new Promise(() => {}) } });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { done } = await runner.trigger("g");
    await pass(clock, 100);
    expect((await done).outputs.a).toBe(1);
    expect(reported).toMatchObject([{ code: "TIMEOUT" }]);
  });

  it("that a crash cut off run when the run is resumed, once, and the node does not run again", async () => {
    let runs = 0;
    const stuck = gate();
    const nodes = (onSuccess: NodePhases["onSuccess"]) => ({ a: { ...noting(), exec: () => ++runs, onSuccess }, b: () => "b" });
    const { runner, another } = await setUp(
      kind,
      nodes(() => stuck.opened),
    );
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const { id } = await runner.trigger("g");
    await until(() => statuses(runner, id).a === "completed");
    expect(runner.inspect(id)?.nodes.get("a")).toMatchObject({ hooks: ["onSuccess", "onComplete"] });
    // The process is gone: its runner does nothing any more, and a new one has its name.
    const later = await another({ worker: "first", nodes: nodes(noting().onSuccess) }).resume(id);
    expect(await later.done).toMatchObject({ outputs: { a: 1, b: "b" }, store: { notes: ["success [1]", "complete []"] } });
    stuck.open();
    expect(runs).toBe(1);
  });

  it("do not run after a node that was skipped", async () => {
    const { runner } = await setUp(kind, { a: () => ({ output: 1, next: "b" }), b: () => 1, c: { ...noting(), exec: () => 1 } });
    await runner.upsertGraph("g", graph({ a: "b c", b: "", c: "" }));
    expect((await (await runner.trigger("g")).done).store).toEqual({});
  });

  it("do not run after a node that waits, nor after one that was cut off", async () => {
    const { runner, another } = await setUp(kind, {
      again: { ...noting(), exec: () => requeueAfter(60_000) },
      tries: { ...noting(), exec: () => Promise.reject(new Error("no")), retry: { attempts: 2, delay: 60_000 } },
      stuck: { ...noting(), exec: () => new Promise(() => {}) },
    });
    await runner.upsertGraph("g", graph({ again: "", tries: "", stuck: "" }));
    const run = await runner.trigger("g");
    await until(() => statuses(runner, run.id).again === "waiting" && statuses(runner, run.id).tries === "waiting");
    // The process is gone: another with its name has the node that ran.
    const later = await another({ worker: "first" }).resume(run.id);
    await rejectionOf(run.done, "LEASE_LOST");
    await turns();
    expect([...later.store.keys()]).toEqual([]);
  });
});
