/** Promises of contract 13 that only show where two things happen at once, or one comes late. */
import { describe, expect, it } from "vitest";
import { DataStore } from "../../ts/datastore/index.js";
import { HoldallError } from "../../ts/index.js";
import { consumeQueues, type QueueStore, requeueAfter } from "../../ts/workflow/index.js";
import { graph, pass, setUp, statuses, storeKinds, turns, until } from "./support.js";

describe.each(storeKinds)("on $kind, a runner that is closed", (kind) => {
  it.each(["triggered", "begun", "resumed"])("while a run is being %s begins none of its nodes, and leaves no lease", async (when) => {
    let isClosed = false;
    let late = 0;
    const { runner, another, reader, clock } = await setUp(kind, {
      a: () => {
        if (isClosed) late += 1;
        return 1;
      },
    });
    await runner.upsertGraph("g", graph({ a: "" }));
    if (when === "resumed") await another({ worker: "other", nodes: { a: () => requeueAfter(1_000_000) } }).trigger("g", { id: "x" });
    const going = when === "resumed" ? runner.resume("g:x") : runner.trigger("g", { id: "x" });
    if (when === "begun") await going;
    const closing = runner.close();
    closing.then(() => {
      isClosed = true;
    });
    const { done } = await going;
    const ended = done.then(
      () => "completed",
      ({ code }) => code,
    );
    await closing;
    await turns();
    expect(["completed", "CLOSED"]).toContain(await ended);
    expect([late, [...reader.keys({ prefix: "worker:first" })]]).toEqual([0, []]);
    if (when !== "resumed") {
      expect(clock.pendingTimers).toBeLessThanOrEqual(1);
      if ((await ended) === "CLOSED") expect((await (await another().resume("g:x")).done).outputs).toEqual({ a: 1 });
    }
  });
});

describe.each(storeKinds)("on $kind, a runner that is closed", (kind) => {
  it("while it takes a node does not begin it any more, at whatever moment that is", async () => {
    for (let moment = 0; moment < 12; moment += 1) {
      let isClosed = false;
      let late = 0;
      const { runner, another, reader } = await setUp(kind, {
        a: async () => {
          await turns(2);
          if (isClosed) late += 1;
          return 1;
        },
      });
      await runner.upsertGraph("g", graph({ a: "" }));
      await runner.trigger("g", { id: "x" });
      for (let at = 0; at < moment; at += 1) await undefined;
      await runner.close();
      isClosed = true;
      await turns(5);
      expect([moment, late, [...reader.keys({ prefix: "worker:" })]]).toEqual([moment, 0, []]);
      expect((await (await another().resume("g:x")).done).outputs).toEqual({ a: 1 });
    }
  });
});

describe.each(storeKinds)("on $kind, a run that has the id of one whose time is over", (kind) => {
  it("has nothing of what is left of that one", async () => {
    let isFirst = true;
    const { runner, reader, clock } = await setUp(
      kind,
      {
        a: () => {
          if (isFirst) return requeueAfter(1_000_000);
          isFirst = true;
          throw new Error("once");
        },
      },
      { retention: { store: null, completed: 1_000 }, retry: { attempts: 2, delay: 0 } },
    );
    await runner.upsertGraph("g", graph({ a: "" }));
    const { id } = await runner.trigger("g", { id: "x", store: { old: "1" } });
    await until(() => statuses(runner, id).a === "waiting");
    await runner.cancel(id);
    await pass(clock, 1_000);
    expect(runner.inspect(id)).toBeUndefined();
    isFirst = false;
    await runner.trigger("g", { id: "x" });
    await until(() => isFirst);
    await turns();
    expect([...reader.keys({ prefix: `run:${id}:store:` })]).toEqual([]);
    expect(runner.inspect(id)?.nodes.get("a")?.starts).toBe(2);
    await runner.close();
  });
});

describe.each(storeKinds)("on $kind, an item of a queue", (kind) => {
  it.each([true, false])(
    "triggers no other run because the connection was lost at its acknowledgement (done before: %s)",
    async (isDone) => {
      let times = 0;
      const { runner, clock } = await setUp(kind, { a: () => ++times });
      await runner.upsertGraph("g", graph({ a: "" }));
      const dataStore = DataStore.memory({ clock });
      const { queue } = dataStore;
      let acks = 0;
      const cut: QueueStore = {
        queue: {
          push: (name, value) => queue.push(name, value),
          reserve: (name, options) => queue.reserve(name, options),
          nack: (item) => queue.nack(item),
          release: (item) => queue.release(item),
          reject: (item, options) => queue.reject(item, options),
          renew: (item, options) => queue.renew(item, options),
          async ack(item) {
            acks += 1;
            if (acks > 1) return queue.ack(item);
            if (isDone) await queue.ack(item);
            throw new HoldallError("UNAVAILABLE", "lost");
          },
        },
      };
      const reported: unknown[] = [];
      const onError = (error: unknown) => reported.push(error);
      const consumer = consumeQueues({ runner, dataStore: cut, queues: [{ queue: "q", graph: "g" }], clock, onError });
      await queue.push("q", 1);
      await until(() => acks === 1);
      await pass(clock, 60_000, 1_000);
      expect([times, acks, reported]).toMatchObject([1, 2, [{ code: "UNAVAILABLE" }]]);
      const closed = consumer.close();
      await pass(clock, 1_000);
      await closed;
      await runner.close();
    },
  );
});
