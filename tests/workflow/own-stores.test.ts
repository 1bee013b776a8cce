/** Promises of contract 13: each run in a named store of its own, with a list of them in the runner's store. */
import { describe, expect, it } from "vitest";
import { HoldallError, type Reader } from "../../ts/index.js";
import { fanout, type NodeCode, type OwnStore, type RunnerOptions, type RunStore } from "../../ts/workflow/index.js";
import type { StoreKind } from "./kinds/kind.js";
import { gate, graph, pass, rejectionOf, type Setting, setUp, statuses, storeKinds, turns, until } from "./support.js";

const kinds = storeKinds.filter(({ beside }) => beside !== undefined);

/** A runner whose runs have stores of their own, and the names of those that are open. */
async function setUpOwn(
  kind: StoreKind,
  nodes: Record<string, NodeCode>,
  options: Partial<RunnerOptions> = {},
): Promise<
  Setting & {
    readonly open: string[];
    readonly openRun: (name: string) => Promise<OwnStore>;
    look<T>(name: string, look: (reader: Reader) => T): Promise<T>;
    isNew(name: string): Promise<boolean>;
  }
> {
  let made: RunStore | undefined;
  const opening = (name: string) => kind.beside?.(made ?? expect.fail("no store"))(name) ?? expect.fail("no other stores");
  const open: string[] = [];
  const openRun = async (name: string): Promise<OwnStore> => {
    const store = await opening(name);
    open.push(name);
    const end = () => void open.splice(open.indexOf(name), 1);
    return {
      reader: () => store.reader(),
      transaction: (body, more) => store.transaction(body, more),
      close() {
        end();
        return store.close();
      },
      removeStore(more) {
        end();
        return store.removeStore?.(more) ?? expect.fail("it cannot be removed");
      },
    };
  };
  const remembering: StoreKind = {
    ...kind,
    async open(clock) {
      made = await kind.open(clock);
      return made;
    },
  };
  const setting = await setUp(remembering, nodes, { openRun, ...options });
  const look = async <T>(name: string, look: (reader: Reader) => T) => {
    const store = await opening(name);
    const seen = look(store.reader());
    await store.close();
    return seen;
  };
  /** Whether nothing is there, so that the first commit is the first of all. */
  const isNew = async (name: string) => {
    const store = await opening(name);
    await store.transaction((transaction) => transaction.set("first", 1));
    const { version } = store.reader().meta("first") ?? {};
    await store.transaction((transaction) => transaction.delete("first"));
    await store.removeStore?.({ ifEmpty: true });
    return version === 1;
  };
  return { ...setting, open, openRun, look, isNew };
}

const keysOf = (reader: Reader, prefix = "") => [...reader.keys({ prefix })];
const listed = (reader: Reader, status: string) =>
  [...reader.find({ allTags: [`run:${status}`], prefix: "run:" })].map((key) => key.slice(4, -4));

describe.each(kinds)("on $kind, a run in a store of its own", (kind) => {
  it("lies there as it would in the runner's store, which has a list of runs", async () => {
    const slow = gate();
    const { runner, reader, open, look } = await setUpOwn(kind, {
      a: () => ({ outputs: 1, store: { made: 1 } }),
      b: () => slow.opened.then(() => fanout([1, 2])),
      c: (n: number) => n * 2,
    });
    await runner.upsertGraph("g", graph({ a: "b", b: "c", c: "" }));
    const run = await runner.trigger("g", { store: { given: "1" }, inputs: { n: 1 } });
    await until(() => statuses(runner, run.id).b === "running");
    expect(open).toEqual([`run:${run.id}`]);
    expect(keysOf(reader)).toEqual(["graph:g", `run:${run.id}:run`, `run:${run.id}:store:given`, `run:${run.id}:template`]);
    expect([listed(reader, "running"), run.status, run.store.get("made")]).toEqual([[run.id], "running", 1]);
    slow.open();
    expect(await run.done).toEqual({
      id: run.id,
      outputs: { a: 1, b: [1, 2], c: [2, 4] },
      store: { given: "1", made: 1 },
    });
    expect([listed(reader, "running"), listed(reader, "completed"), run.status]).toEqual([[], [run.id], "completed"]);
    await runner.close();
    expect(open).toEqual([]);
    expect(keysOf(reader)).toEqual(["graph:g", `kept:${run.id}`, `run:${run.id}:run`]);
    expect(await look(`run:${run.id}`, (own) => keysOf(own, `run:${run.id}:`).map((key) => key.split(":").slice(3).join(":")))).toEqual([
      "a_output",
      "b_output",
      "c[0]_output",
      "c[1]_output",
      "node:a",
      "node:b",
      "node:c[0]",
      "node:c[1]",
      "run",
      "template",
    ]);
  });

  it.each([undefined, {}, { reader: () => null, transaction: () => null }])("that openRun does not give is refused: %j", async (none) => {
    const { another } = await setUpOwn(kind, {});
    const runner = another({ nodes: { a: () => 1 }, openRun: async () => none as never });
    await runner.upsertGraph("g", graph({ a: "" }));
    expect((await rejectionOf(runner.trigger("g"), "INVALID_ARGUMENT")).message).toContain("openRun");
  });

  it("is triggered as any other: all that is missing is named, an id is taken once, and nothing has changed", async () => {
    const { runner, reader, open } = await setUpOwn(kind, { a: () => 1 });
    await runner.upsertGraph("g", graph({ a: "" }, {}, { required_keys: ["x"], default_values: { y: "d" } }));
    await rejectionOf(runner.trigger("g"), "MISSING_KEYS");
    expect([open, keysOf(reader)]).toEqual([[], ["graph:g"]]);
    const results = await Promise.allSettled([1, 2].map(() => runner.trigger("g", { id: "one", store: { x: "1" } })));
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const [run] = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect((await run?.done)?.store).toEqual({ x: "1", y: "d" });
    expect((await (await runner.resume("g:one")).done).outputs).toEqual({ a: 1 });
    await rejectionOf(runner.trigger("g", { id: "one", store: { x: "1" } }), "CONFLICT");
    await rejectionOf(runner.resume("g:none"), "NOT_FOUND");
    await turns();
    expect(open).toEqual([]);
  });

  it.each([
    ["at once, where the new worker has the name of the old one", "first", 0],
    ["when the lease of the old worker has ended, where it has another", "second", 30_000],
  ])("goes on after a crash %s, without what had completed", async (_, worker, lease) => {
    const ran: string[] = [];
    const stuck = gate();
    const code = (name: string, wait?: Promise<void>) => async () => {
      ran.push(name);
      await wait;
      return name;
    };
    const { another, clock } = await setUpOwn(kind, {});
    // The timers of a dead process renew no lease.
    const frozen = { now: () => clock.now(), setTimer: () => 0, clearTimer: () => {} };
    const dead = another({ worker: "first", clock: frozen, nodes: { a: code("a"), b: code("b", stuck.opened) } });
    await dead.upsertGraph("g", graph({ a: "b", b: "" }));
    const { id } = await dead.trigger("g");
    await until(() => ran.length === 2);
    const later = another({ worker, nodes: { a: code("a"), b: code("b again") } });
    later.work();
    if (lease > 0) {
      await pass(clock, lease - 1);
      expect(ran).toEqual(["a", "b"]);
      await pass(clock, 1);
    }
    await until(() => later.inspect(id)?.run.status === "completed");
    expect(ran).toEqual(["a", "b", "b again"]);
  });

  it("that was listed before its process died, and no more, is begun by the next", async () => {
    const setting = await setUpOwn(kind, { a: ({ n }) => n });
    const openRun = () => Promise.reject(new HoldallError("UNAVAILABLE", "no store now"));
    const broken = setting.another({ worker: "broken", openRun });
    await broken.upsertGraph("g", graph({ a: "" }, { a: { inputs: { n: "${{ inputs.n }}" } } }, { default_values: { d: "1" } }));
    await rejectionOf(broken.trigger("g", { id: "x", inputs: { n: 7 } }), "UNAVAILABLE");
    // Another template counts for others only.
    await broken.upsertGraph("g", graph({ a: "" }));
    setting.runner.work();
    await until(() => setting.runner.inspect("g:x")?.run.status === "completed");
    expect((await (await setting.runner.resume("g:x")).done).outputs).toEqual({ a: 7 });
  });

  it("that has ended when the list could not be told is listed as ended by whoever comes next", async () => {
    let refuses = false;
    const setting = await setUpOwn(kind, { a: () => 1 });
    const flawed: RunStore = {
      reader: () => setting.store.reader(),
      transaction(body, options) {
        if (refuses) return Promise.reject(new HoldallError("UNAVAILABLE", "no list now"));
        return setting.store.transaction(body, options);
      },
    };
    const a = () => {
      refuses = true;
      return 1;
    };
    const first = setting.another({ worker: "flawed", store: flawed, nodes: { a } });
    await first.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await first.trigger("g");
    await rejectionOf(done, "UNAVAILABLE");
    expect(listed(setting.reader, "running")).toEqual([id]);
    const next = setting.another({ worker: "next", nodes: { a: () => expect.fail("it ran again") } });
    next.work();
    await until(() => listed(setting.reader, "completed").length === 1);
    expect(listed(setting.reader, "running")).toEqual([]);
  });

  it("is shared by workers: each node run by one, taken over when a lease ends", async () => {
    const stuck = gate();
    const ran: string[] = [];
    const { another, clock, reader } = await setUpOwn(kind, {});
    const frozen = { now: () => clock.now(), setTimer: () => 0, clearTimer: () => {} };
    const code = (worker: string, a: NodeCode): Record<string, NodeCode> => ({
      a,
      b: () => ran.push(`${worker} b`),
      c: () => ran.push(`${worker} c`),
    });
    const one = another({
      worker: "one",
      clock: frozen,
      nodes: code("one", () => stuck.opened.then(() => ({ outputs: 1, store: { by: "one" } }))),
    });
    const two = another({ worker: "two", nodes: code("two", () => ({ outputs: 2, store: { by: "two" } })) });
    await one.upsertGraph("g", graph({ a: "b", b: "c", c: "" }));
    const first = await one.trigger("g");
    await until(() => statuses(one, first.id).a === "running");
    two.work();
    await pass(clock, 29_999);
    expect(statuses(two, first.id)).toEqual({ a: "running" });
    const second = await two.resume(first.id);
    await pass(clock, 1);
    expect(await second.done).toMatchObject({ outputs: { a: 2 }, store: { by: "two" } });
    stuck.open();
    await turns();
    expect((await first.done).outputs.a).toBe(2);
    expect(ran.map((entry) => entry.split(" ")[1])).toEqual(["b", "c"]);
    expect(listed(reader, "completed")).toEqual([first.id]);
  });

  it("can be cancelled, stepped through and looked at from anywhere", async () => {
    const stuck = gate();
    const { runner, another, reader, open } = await setUpOwn(kind, { a: () => stuck.opened.then(() => 1), b: () => 5 });
    await runner.upsertGraph("g", graph({ a: "b", b: "" }));
    const run = await runner.trigger("g");
    await until(() => statuses(runner, run.id).a === "running");
    const other = another({ worker: "other" });
    // It is not driven there: the list tells of it, and its store of its nodes.
    expect([other.inspect(run.id)?.run.status, other.inspect(run.id)?.nodes.size]).toEqual(["running", 0]);
    expect((await other.progress(run.id))?.nodes.get("a")?.status).toBe("running");
    expect(await other.progress("g:none")).toBeUndefined();
    expect(open).toHaveLength(1);
    expect(await other.cancel(run.id)).toBe(true);
    await rejectionOf(run.done, "CANCELLED");
    await until(() => open.length === 0);
    expect([run.status, listed(reader, "cancelled"), await other.cancel(run.id)]).toEqual(["cancelled", [run.id], false]);
    expect((await runner.step("g", "b", { cache: { get: () => 1, set: () => {} } })).outputs).toBe(5);
    expect([open, listed(reader, "development")]).toEqual([[], ["g:development"]]);
    await rejectionOf(runner.resume("g:development"), "INVALID_ARGUMENT");
  });

  it("shares a scope of the runner's store: nothing is lost, and nothing comes of a node that fails", async () => {
    const add: NodeCode = {
      async post(_, __, { shared, node }) {
        const names = (shared?.get("names") ?? []) as readonly string[];
        await turns(1);
        shared?.set("names", [...names, node]);
        return 1;
      },
      onComplete: (_, { shared }) => void shared?.increment("completed"),
    };
    const bad: NodeCode = {
      post(_, __, { shared }) {
        shared?.set("bad", 1);
        throw new Error("bad");
      },
    };
    const { runner, reader } = await setUpOwn(kind, { a: add, b: add, c: add, bad }, { shared: "config" });
    await runner.upsertGraph("g", graph({ a: "", b: "", c: "" }));
    await (await runner.trigger("g")).done;
    const shared = reader.scope("config");
    expect([[...(shared.get("names") as string[])].sort(), shared.get("completed")]).toEqual([["a", "b", "c"], 3]);
    await runner.upsertGraph("bad", graph({ bad: "" }));
    await rejectionOf((await runner.trigger("bad")).done, "NODE_FAILED");
    expect(keysOf(shared)).toEqual(["completed", "names"]);
  });
});

describe.each(kinds)("on $kind, the store of a run", (kind) => {
  const bad = () => {
    throw new Error("bad");
  };

  it("is removed when the run's time is over, and then the run is off the list; its id can be used again", async () => {
    const { runner, reader, clock, isNew, open } = await setUpOwn(kind, { a: () => 1 }, { retention: { store: null } });
    await runner.upsertGraph("g", graph({ a: "" }));
    await (await runner.trigger("g", { id: "x", store: { given: "1" } })).done;
    await pass(clock, 86_400_000 - 1);
    expect(listed(reader, "completed")).toEqual(["g:x"]);
    await pass(clock, 1);
    await until(() => keysOf(reader, "run:").length === 0 && open.length === 0);
    expect([keysOf(reader), await isNew("run:g:x"), runner.inspect("g:x")]).toEqual([["graph:g"], true, undefined]);
    expect((await (await runner.trigger("g", { id: "x" })).done).outputs).toEqual({ a: 1 });
  });

  it("is removed by the next runner where none was there at the time", async () => {
    const { runner, reader, clock, isNew, another } = await setUpOwn(kind, { a: () => 1 });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await done;
    await runner.close();
    await pass(clock, 86_400_000);
    expect(listed(reader, "completed")).toEqual([id]);
    const next = another({ worker: "next" });
    await until(() => keysOf(reader, "run:").length === 0);
    expect(await isNew(`run:${id}`)).toBe(true);
    await next.close();
  });

  it.each(["before", "behind"])(
    "is removed, and its run taken off the list, by the next runner where a crash came right %s the removal",
    async (moment) => {
      const setting = await setUpOwn(kind, { a: () => 1 });
      const openRun = async (name: string): Promise<OwnStore> => {
        const store = await setting.openRun(name);
        const removeStore: OwnStore["removeStore"] = async (options) => {
          if (moment === "before") await store.close();
          else await store.removeStore?.(options);
          throw new HoldallError("UNAVAILABLE", "killed");
        };
        return { ...store, removeStore };
      };
      const first = setting.another({ worker: "killed", openRun });
      await first.upsertGraph("g", graph({ a: "" }));
      const { id, done } = await first.trigger("g");
      await done;
      await setting.runner.close();
      await pass(setting.clock, 86_400_000);
      await until(() => setting.reported.length > 0);
      await first.close();
      const next = setting.another({ worker: "next" });
      // What the dead one has claimed is its for the time of a lease.
      await pass(setting.clock, 29_999);
      expect([listed(setting.reader, "completed"), setting.open]).toEqual([[id], []]);
      await pass(setting.clock, 1);
      await until(() => keysOf(setting.reader, "run:").length === 0 && setting.open.length === 0);
      expect([await setting.isNew(`run:${id}`), setting.reported]).toEqual([true, [expect.objectContaining({ message: "killed" })]]);
      await next.close();
    },
  );

  it("stays with all that it has where another run of the name came first: the one who comes late removes nothing", async () => {
    const setting = await setUpOwn(kind, { a: () => 1 });
    const late = gate();
    const hasCome = gate();
    let isFirst = true;
    const openRun = async (name: string): Promise<OwnStore> => {
      const store = await setting.openRun(name);
      const removeStore: OwnStore["removeStore"] = async (options) => {
        if (isFirst) {
          isFirst = false;
          hasCome.open();
          await late.opened;
        }
        return (await store.removeStore?.(options)) ?? expect.fail("it cannot be removed");
      };
      return { ...store, removeStore };
    };
    await setting.runner.upsertGraph("g", graph({ a: "" }));
    await (await setting.runner.trigger("g", { id: "x" })).done;
    await setting.runner.close();
    await pass(setting.clock, 86_400_000);
    const slow = setting.another({ worker: "slow", openRun });
    await hasCome.opened;
    const quick = setting.another({ worker: "quick" });
    await pass(setting.clock, 30_000);
    await until(() => keysOf(setting.reader, "run:").length === 0);
    const again = await quick.trigger("g", { id: "x", store: { given: "1" } });
    await again.done;
    late.open();
    await slow.close();
    await turns();
    expect(await setting.look("run:g:x", (own) => own.has("run:g:x:a_output"))).toBe(true);
    expect(listed(setting.reader, "completed")).toEqual(["g:x"]);
    await quick.close();
  });

  it("is emptied only, and its run taken off the list, where it cannot be removed", async () => {
    const setting = await setUpOwn(kind, { a: () => 1 });
    const openings = [
      async (name: string): Promise<OwnStore> => ({ ...(await setting.openRun(name)), removeStore: undefined }),
      async (name: string): Promise<OwnStore> => ({
        ...(await setting.openRun(name)),
        removeStore: () => Promise.reject(new HoldallError("NOT_SUPPORTED", "a scope")),
      }),
    ];
    for (const [at, openRun] of openings.entries()) {
      const runner = setting.another({ worker: `w${at}`, openRun });
      await runner.upsertGraph("g", graph({ a: "" }));
      await (await runner.trigger("g", { id: "x" })).done;
      await setting.runner.close();
      await pass(setting.clock, 86_400_000);
      await until(() => keysOf(setting.reader, "run:").length === 0);
      expect([await setting.look("run:g:x", (own) => keysOf(own)), await setting.isNew("run:g:x")]).toEqual([[], false]);
      await runner.close();
      expect([setting.open, setting.reported]).toEqual([[], []]);
    }
  });

  it("of a run that failed stays for a week, is left alone when it was resumed, and for ever where it is told to", async () => {
    let isBad = true;
    const later = gate();
    const { runner, reader, clock, look } = await setUpOwn(
      kind,
      { a: () => (isBad ? bad() : later.opened.then(() => 1)) },
      { retention: { completed: null }, lease: 86_400_000 },
    );
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g", { store: { given: "1" } });
    await rejectionOf(done, "NODE_FAILED");
    expect(listed(reader, "failed")).toEqual([id]);
    await pass(clock, 6 * 86_400_000);
    isBad = false;
    const again = await runner.resume(id);
    await until(() => statuses(runner, id).a === "running");
    expect([listed(reader, "failed"), listed(reader, "running")]).toEqual([[], [id]]);
    await pass(clock, 2 * 86_400_000, 86_400_000);
    expect(again.store.get("given")).toBe("1");
    later.open();
    await again.done;
    await pass(clock, 365 * 86_400_000);
    expect([listed(reader, "completed"), (await look(`run:${id}`, (own) => keysOf(own))).length > 0]).toEqual([[id], true]);
  });
});
