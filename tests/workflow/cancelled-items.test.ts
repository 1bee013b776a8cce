/** A cancelled run is an end that somebody asked for: its item is done with. It counted as failed before, so that the item triggered another run, or became a dead letter. */
import { describe, expect, it } from "vitest";
import { DataStore } from "../../ts/datastore/index.js";
import { consumeQueues } from "../../ts/workflow/index.js";
import { graph, pass, rejectionOf, setUp, statuses, storeKinds, until } from "./support.js";

describe.each(storeKinds)("on $kind, the item of a run", (kind) => {
  it.each([
    ["in its consumer", false, {}],
    ["by another worker, at its last delivery", true, { maxDeliveries: 1 }],
  ])("that was cancelled %s is acknowledged, and the next one's turn comes at once", async (_, isElsewhere, options) => {
    const ran: unknown[] = [];
    const use = ({ item }: { item: number }) => {
      ran.push(item);
      return item === 1 ? new Promise<number>(() => {}) : item;
    };
    const { runner, another, reader, clock } = await setUp(kind, { use });
    await runner.upsertGraph("g", graph({ use: "" }));
    const { queue } = DataStore.memory({ clock });
    const reported: unknown[] = [];
    const consumer = consumeQueues({
      runner,
      dataStore: { queue },
      queues: [{ queue: "q", graph: "g" }],
      clock,
      onError: (error) => reported.push(error),
      ...options,
    });
    await queue.push("q", 1);
    await queue.push("q", 2);
    await until(() => ran.length === 1);
    const [record] = reader.find({ allTags: ["run:running"] });
    const id = String(record).split(":").slice(1, 3).join(":");
    await until(() => statuses(runner, id).use === "running");
    expect(await (isElsewhere ? another() : runner).cancel(id)).toBe(true);
    await rejectionOf((await runner.resume(id)).done, "CANCELLED");
    // No pause lies between, as there would be behind a run that failed.
    await until(() => ran.length === 2);
    const closed = consumer.close();
    await pass(clock, 60_000);
    await closed;
    expect([ran, reported]).toEqual([[1, 2], []]);
    expect([await queue.length("q"), await queue.length("q:dead-letters"), await queue.tryPop("q")]).toEqual([
      0,
      0,
      { ok: false, value: null },
    ]);
  });
});
