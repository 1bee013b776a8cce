/** Promises of contract 13: failed nodes are tried again after a growing delay, nodes that take too long are ended, and both survive a restart. */
import { describe, expect, it } from "vitest";
import { createStore, type HoldallError, type Transaction } from "../../ts/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { createRunner, type RetryPolicy, requeueAfter } from "../../ts/workflow/index.js";
import { gate, graph, pass, rejectionOf, setUp, statuses, storeKinds, turns, until } from "./support.js";

/** A node that fails so many times; notes when it was tried. */
function failing(times: number, now: () => number) {
  const tries: number[] = [];
  const code = () => {
    tries.push(now());
    if (tries.length <= times) throw new Error(`try ${tries.length}`);
    return { tries: tries.length };
  };
  return { tries, code };
}

describe.each(storeKinds)("on $kind, a node that fails", (kind) => {
  const run = async (times: number, retry: RetryPolicy | undefined, random = () => 0) => {
    let now = () => 0;
    const { tries, code } = failing(times, () => now());
    const setting = await setUp(kind, { a: { exec: code, retry } }, { random });
    now = () => setting.clock.now();
    await setting.runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await setting.runner.trigger("g");
    await turns();
    return { ...setting, tries, id, done };
  };

  it("is tried once, unless a policy says otherwise", async () => {
    const { tries, done } = await run(1, undefined);
    expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ node: "a", cause: { message: "try 1" } });
    expect(tries).toHaveLength(1);
  });

  it("is tried again after delays that grow to a limit", async () => {
    const { tries, done, clock } = await run(5, { attempts: 6, delay: 100, factor: 3, maxDelay: 1_000 });
    await pass(clock, 5_000, 100);
    await done;
    expect(tries.map((time, at) => time - (tries[at - 1] ?? time))).toEqual([0, 100, 300, 900, 1_000, 1_000]);
  });

  it("waits a random part less, so that those who failed together do not come back together", async () => {
    const { tries, done, clock } = await run(2, { attempts: 3, delay: 100, factor: 2, jitter: 0.8 }, () => 0.5);
    await pass(clock, 500, 20);
    await done;
    expect(tries.map((time, at) => time - (tries[at - 1] ?? time))).toEqual([0, 60, 120]);
  });

  // A node whose try had just been committed as failed, and whose delay was over before its execution had ended here, was taken for one of another process
  // with the same name: the run was given up with LEASE_LOST. On a busy machine a delay of some milliseconds was enough.
  it("is tried again at once where there is no delay, by the worker that has it", async () => {
    const { tries, done } = await run(3, { attempts: 4, delay: 0 });
    expect((await done).outputs.a).toEqual({ tries: 4 });
    expect(tries).toHaveLength(4);
  });

  it("fails for good when its tries are used up, with its last error", async () => {
    const { tries, done, clock, runner, id } = await run(9, { attempts: 3, delay: 10, factor: 1 });
    await pass(clock, 100, 10);
    expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ cause: { message: "try 3" } });
    expect(tries).toHaveLength(3);
    expect(runner.inspect(id)?.nodes.get("a")).toMatchObject({
      status: "failed",
      attempt: 3,
      starts: 3,
      error: { name: "Error", message: "try 3" },
    });
    expect(runner.inspect(id)?.run).toMatchObject({ status: "failed", failedNode: "a", error: { message: "try 3" } });
  });

  it("is not tried again where the policy cannot say whether to, which is reported", async () => {
    const broken = new Error("when");
    const when = () => {
      throw broken;
    };
    const { tries, done, runner, id, reported } = await run(9, { attempts: 5, when });
    expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ cause: { message: "try 1" } });
    expect([tries.length, reported, runner.inspect(id)?.run.status, statuses(runner, id)]).toEqual([
      1,
      [broken],
      "failed",
      { a: "failed" },
    ]);
  });

  it("is tried again at once where no delay is to grow, however much", async () => {
    const { done } = await run(4, { attempts: 5, delay: 0, factor: 1e300 });
    expect((await done).outputs.a).toEqual({ tries: 5 });
  });

  it("is not tried again after an error that the policy calls hopeless", async () => {
    const { tries, done } = await run(9, { attempts: 5, when: (error) => (error as Error).message !== "try 1" });
    await rejectionOf(done, "NODE_FAILED");
    expect(tries).toHaveLength(1);
  });

  it("waits in the store: another worker goes on at the right time", async () => {
    const { tries, done, clock, runner, id, another } = await run(1, { attempts: 2, delay: 1_000 });
    expect(runner.inspect(id)?.nodes.get("a")).toMatchObject({
      status: "waiting",
      attempt: 2,
      resumesAt: clock.now() + 1_000,
      error: { message: "try 1" },
    });
    await runner.close();
    await rejectionOf(done, "CLOSED");
    const later = await another().resume(id);
    await pass(clock, 999);
    expect(tries).toHaveLength(1);
    await pass(clock, 1);
    expect((await later.done).outputs.a).toEqual({ tries: 2 });
  });

  it("stops what has not begun, and lets what runs come to its end", async () => {
    const slow = gate();
    const { runner } = await setUp(kind, {
      a: () => {
        throw new Error("a");
      },
      b: async () => {
        await slow.opened;
        return "kept";
      },
      c: () => expect.fail("it began"),
    });
    await runner.upsertGraph("g", graph({ a: "", b: "c", c: "" }));
    const { id, done } = await runner.trigger("g");
    await until(() => statuses(runner, id).a === "failed");
    await turns();
    expect(runner.inspect(id)?.run.status).toBe("running");
    slow.open();
    await rejectionOf(done, "NODE_FAILED");
    expect(statuses(runner, id)).toEqual({ a: "failed", b: "completed" });
  });
});

describe.each(storeKinds)("on $kind, a node that takes too long", (kind) => {
  it.each(["prep", "exec", "post"])("in %s is ended with a coded error, and hears of it by its signal", async (phase) => {
    let signal: AbortSignal | undefined;
    const hang = (...parameters: unknown[]) => {
      ({ signal } = parameters.at(-1) as { signal: AbortSignal });
      return new Promise(() => {});
    };
    const { runner, clock } = await setUp(kind, { a: { [phase]: hang } }, { timeout: 500 });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { done } = await runner.trigger("g");
    await pass(clock, 499);
    expect(signal?.aborted).toBe(false);
    await pass(clock, 1);
    const { cause } = await rejectionOf(done, "NODE_FAILED");
    expect(cause).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("500 ms") });
    expect(signal?.reason).toBe(cause);
  });

  it("and writes later all the same gets CLOSED, and nothing of it is there", async () => {
    const late = gate();
    const codes: string[] = [];
    const { runner, clock, reader } = await setUp(
      kind,
      {
        a: {
          timeout: 500,
          post: async (store, _, { shared }) => {
            store.set("early", 1);
            const writers = [store, shared, (store as Transaction).scope("deeper")];
            await late.opened;
            for (const writer of writers) {
              try {
                writer?.set("late", 1);
              } catch (error) {
                codes.push((error as HoldallError).code);
              }
            }
          },
        },
      },
      { shared: "config" },
    );
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await pass(clock, 500);
    await rejectionOf(done, "NODE_FAILED");
    late.open();
    await turns();
    expect(codes).toEqual(["CLOSED", "CLOSED", "CLOSED"]);
    expect([...reader.keys({ prefix: `run:${id}:store` }), reader.has("config:late")]).toEqual([false]);
  });

  it.each([
    ["gives something when it hears of that", (give: (value: string) => void) => give("late")],
    ["fails otherwise when it hears of that", (_: unknown, fail: (error: Error) => void) => fail(new Error("late"))],
  ])("has failed with TIMEOUT, also when it %s", async (_, end) => {
    const { runner, clock } = await setUp(kind, {
      a: {
        timeout: 100,
        exec: (_, { signal }) => new Promise((give, fail) => signal.addEventListener("abort", () => end(give, fail))),
      },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    await pass(clock, 100);
    expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ cause: { code: "TIMEOUT" } });
    expect(runner.inspect(id)?.run).toMatchObject({ status: "failed", error: { code: "TIMEOUT" } });
  });

  it.each(["prep", "exec", "post"])(
    "in %s without a pause for any timer has failed with TIMEOUT, whatever it gives or throws",
    async (phase) => {
      for (const end of [() => "late", async () => "late", () => Promise.reject(new Error("late"))]) {
        // Time that goes by while no timer rings, as it does while a node computes.
        let computed = 0;
        const compute = () => {
          computed = 101;
          return end();
        };
        const setting = await setUp(kind, { a: { [phase]: compute, timeout: 100 } });
        const { clock } = setting;
        const runner = setting.another({
          worker: "busy",
          clock: { now: () => clock.now() + computed, setTimer: clock.setTimer, clearTimer: clock.clearTimer },
        });
        await runner.upsertGraph("g", graph({ a: "" }));
        const { done } = await runner.trigger("g");
        expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ cause: { code: "TIMEOUT" } });
      }
    },
  );

  it("is tried again as after any error; each try has its own time", async () => {
    let tries = 0;
    const { runner, clock } = await setUp(kind, {
      a: { timeout: 100, retry: { attempts: 2, delay: 50 }, exec: () => (++tries === 1 ? new Promise(() => {}) : "done") },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { done } = await runner.trigger("g");
    await pass(clock, 150, 50);
    expect((await done).outputs.a).toBe("done");
  });
});

describe.each(storeKinds)("on $kind, a node that asks to run again", (kind) => {
  it("does so after its time, as often as it asks, and that is no failure; what it wrote meanwhile is dropped", async () => {
    const seen: number[] = [];
    let now = () => 0;
    const setting = await setUp(kind, {
      poll: {
        post: (store, _, { attempt }) => {
          seen.push(now());
          store.set("polls", seen.length);
          return seen.length < 3 ? requeueAfter(60_000) : { attempt };
        },
      },
      next: () => "next",
    });
    now = () => setting.clock.now();
    const { runner, clock, reader } = setting;
    await runner.upsertGraph("g", graph({ poll: "next", next: "" }));
    const { id, done } = await runner.trigger("g");
    await turns();
    expect(statuses(runner, id)).toEqual({ poll: "waiting" });
    expect(reader.has(`run:${id}:store:polls`)).toBe(false);
    await pass(clock, 120_000, 30_000);
    expect(await done).toMatchObject({ outputs: { poll: { attempt: 1 }, next: "next" }, store: { polls: 3 } });
    expect(seen).toEqual([1_000, 61_000, 121_000]);
    expect(runner.inspect(id)?.nodes.get("poll")).toMatchObject({ starts: 3, attempt: 1 });
  });

  it("does so in whichever process is there then, at once with 0", async () => {
    let count = 0;
    const { runner, clock, another } = await setUp(kind, {
      a: () => (++count === 1 ? requeueAfter(86_400_000 * 60) : count === 2 ? requeueAfter(0) : count),
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id } = await runner.trigger("g");
    await turns();
    await runner.close();
    await pass(clock, 86_400_000 * 60);
    expect((await (await another().resume(id)).done).outputs.a).toBe(3);
  });

  it("takes a span only", () => {
    for (const span of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) expect(() => requeueAfter(span)).toThrow(RangeError);
    for (const span of [undefined, "1s"]) expect(() => requeueAfter(span as never)).toThrow(TypeError);
  });

  it("that ends beyond all dates fails its run, which can be inspected", async () => {
    const clock = manualClock(8e15);
    const runner = createRunner({ store: createStore({ clock }), clock, nodes: { a: () => requeueAfter(4.32e15) } });
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id, done } = await runner.trigger("g");
    expect(await rejectionOf(done, "NODE_FAILED")).toMatchObject({ cause: { code: "OUT_OF_RANGE" } });
    expect([runner.inspect(id)?.run.status, statuses(runner, id)]).toEqual(["failed", { a: "failed" }]);
  });
});

describe("policies and limits", () => {
  it("are checked when the runner is made, naming the field", async () => {
    const [kind] = storeKinds;
    const { store } = await setUp(kind as (typeof storeKinds)[number], {});
    const options = { store, nodes: {} };
    const cases: [object, string, string][] = [
      [{ retry: { attempts: 0 } }, "OUT_OF_RANGE", "retry.attempts"],
      [{ retry: { delay: -1 } }, "OUT_OF_RANGE", "retry.delay"],
      [{ retry: { factor: 0.5 } }, "OUT_OF_RANGE", "retry.factor"],
      [{ retry: { delay: 1e300 } }, "OUT_OF_RANGE", "retry.delay"],
      [{ retry: { maxDelay: 1e300 } }, "OUT_OF_RANGE", "retry.maxDelay"],
      [{ retry: { jitter: 2 } }, "OUT_OF_RANGE", "retry.jitter"],
      [{ retry: { maxDelay: "1s" } }, "INVALID_ARGUMENT", "retry.maxDelay"],
      [{ retry: { when: true } }, "INVALID_ARGUMENT", "retry.when"],
      [{ nodes: { a: { retry: { attempts: 1.5 } } } }, "OUT_OF_RANGE", "nodes.a.retry.attempts"],
      [{ nodes: { a: { timeout: 0 } } }, "OUT_OF_RANGE", "nodes.a.timeout"],
      [{ nodes: { a: 5 } }, "INVALID_ARGUMENT", "nodes.a"],
      [{ nodes: { a: { post: 5 } } }, "INVALID_ARGUMENT", "nodes.a.post"],
      [{ nodes: { a: { exce: () => 1 } } }, "INVALID_ARGUMENT", "nodes.a.exce"],
      [{ nodes: { a: { requires: "key" } } }, "INVALID_ARGUMENT", "nodes.a.requires"],
      [{ nodes: { a: { produces: [5] } } }, "INVALID_ARGUMENT", "nodes.a.produces"],
      [{ timeout: 2 ** 31 }, "OUT_OF_RANGE", "timeout"],
      [{ lease: Number.NaN }, "OUT_OF_RANGE", "lease"],
      [{ concurrency: 0 }, "OUT_OF_RANGE", "concurrency"],
      [{ retention: null }, "INVALID_ARGUMENT", "retention"],
      [{ retention: { completed: 0 } }, "OUT_OF_RANGE", "retention.completed"],
      [{ retention: { completed: "soon" } }, "OUT_OF_RANGE", "retention.completed"],
      [{ retention: { failed: -1 } }, "OUT_OF_RANGE", "retention.failed"],
      [{ retention: { failed: "1s1m" } }, "OUT_OF_RANGE", "retention.failed"],
      [{ retention: { store: "" } }, "OUT_OF_RANGE", "retention.store"],
      [{ retention: { store: "0s" } }, "OUT_OF_RANGE", "retention.store"],
      [{ retention: { store: true } }, "INVALID_ARGUMENT", "retention.store"],
      [{ shared: "run" }, "INVALID_ARGUMENT", "shared"],
      [{ worker: "a:b" }, "INVALID_ARGUMENT", "worker"],
      [{ store: {} }, "INVALID_ARGUMENT", "store"],
      [{ nodes: null }, "INVALID_ARGUMENT", "nodes"],
      [{ onError: 1 }, "INVALID_ARGUMENT", "onError"],
      [{ clock: {} }, "INVALID_ARGUMENT", "clock"],
      [{ random: 1 }, "INVALID_ARGUMENT", "random"],
    ];
    for (const [more, code, name] of cases) {
      expect(() => createRunner({ ...options, ...more } as never), name).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(name) }),
      );
    }
    expect(() => createRunner(undefined as never)).toThrow(TypeError);
  });

  it("take the spans that stores take", async () => {
    const store = createStore();
    const takes = (call: () => unknown) => {
      try {
        call();
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(OUT_OF_RANGE|INVALID_ARGUMENT)$/) });
        return false;
      }
    };
    const texts = [
      "1ms",
      "5m",
      "5m5ms",
      "5ms5m",
      "1w2d3h4m5s6ms",
      "05s",
      "",
      "5",
      "m",
      "-1s",
      "1.5h",
      "1m1m",
      "1 h",
      "1H",
      "0w0ms",
      "9999999999w",
    ];
    for (const ttl of [null, 1, 0.5, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, true, {}, ...texts] as never[]) {
      const isTaken = takes(() => store.set("key", 1, { ttl }));
      for (const part of ["store", "completed", "failed"]) {
        expect(
          takes(() => createRunner({ store, nodes: {}, retention: { [part]: ttl } })),
          `${part}: ${ttl}`,
        ).toBe(isTaken);
      }
    }
  });
});
