/** Promises of `maxDeliveries`: an item whose runs fail is moved to the dead letters after so many deliveries, and no other is. */
import { afterEach, describe, expect, it } from "vitest";
import { DataStore } from "../../ts/datastore/index.js";
import { HoldallError } from "../../ts/errors.js";
import { manualClock } from "../../ts/testing/index.js";
import { type ConsumeOptions, consumeQueues, type DeadLetter, type NodeCode } from "../../ts/workflow/index.js";
import { gate, graph, pass, setUp, startTime, storeKinds, turns, until } from "./support.js";

const queues = [{ queue: "q", graph: "g" }];

describe.each(storeKinds)("on $kind, an item", (kind) => {
  let closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    const closed = Promise.all(closing.map((close) => close()));
    closing = [];
    await closed;
  });

  const open = async (use: NodeCode, more: Partial<ConsumeOptions> = {}) => {
    const setting = await setUp(kind, { use });
    const { clock, runner } = setting;
    const { queue } = DataStore.memory({ clock });
    const dataStore = { queue };
    await runner.upsertGraph("g", graph({ use: "" }));
    const reported: unknown[] = [];
    const letters: DeadLetter[] = [];
    const consume = (options: Partial<ConsumeOptions> = {}) => {
      const consumer = consumeQueues({
        runner,
        dataStore,
        queues,
        clock,
        maxDeliveries: 3,
        onError: (error) => reported.push(error),
        onDeadLetter: (letter) => letters.push(letter),
        ...more,
        ...options,
      });
      closing.push(async () => {
        const closed = consumer.close();
        // What looks for an item looks no longer.
        await pass(clock, 1_000);
        await closed;
      });
      return consumer;
    };
    return { ...setting, queue, reported, letters, consume };
  };

  it("whose run fails each time is moved after its last delivery, and those behind it are dealt with", async () => {
    const used: unknown[] = [];
    const { queue, consume, clock, reported, letters } = await open(({ item }: { item: number }) => {
      used.push(item);
      if (item === 1) throw new Error("never");
      return item;
    });
    for (const item of [1, 2, 3]) await queue.push("q", item);
    consume();
    await until(() => reported.length === 1);
    await pass(clock, 1_000);
    await until(() => reported.length === 2);
    await pass(clock, 1_000);
    await until(() => reported.length === 3);
    // It has had its last chance, and rests for a pause as after each run that failed.
    expect([letters, await queue.length("q:dead-letters")]).toEqual([[], 0]);
    await pass(clock, 1_000);
    await until(() => used.length === 5);
    expect(used).toEqual([1, 1, 1, 2, 3]);
    expect(letters).toEqual([{ queue: "q", deadLetterQueue: "q:dead-letters", value: 1, deliveries: 3, error: reported[2] }]);
    expect(reported).toMatchObject([{ code: "NODE_FAILED" }, { code: "NODE_FAILED" }, { code: "NODE_FAILED" }]);
    await pass(clock, 60_000);
    expect([await queue.pop("q:dead-letters", 0), await queue.length("q:dead-letters"), await queue.tryPop("q")]).toMatchObject([
      1,
      0,
      { ok: false },
    ]);
  });

  it("that is pushed back from there begins anew, and one whose run completes at last is acknowledged", async () => {
    let tries = 0;
    const { queue, consume, clock, letters } = await open(
      () => {
        tries += 1;
        if (tries % 4 !== 0) throw new Error("not yet");
        return 1;
      },
      { pause: 0 },
    );
    await queue.push("q", "item");
    consume();
    const settle = async () => {
      for (let round = 0; round < 4; round += 1) await pass(clock, 1);
    };
    await settle();
    expect([tries, letters.length]).toEqual([3, 1]);
    await queue.push("q", await queue.pop("q:dead-letters", 0));
    await settle();
    expect([tries, letters.length, await queue.length("q:dead-letters")]).toEqual([4, 1, 0]);
    await pass(clock, 60_000);
    expect([tries, await queue.length("q")]).toEqual([4, 0]);
  });

  it("that its consumers were lost with is moved by the next, without a run", async () => {
    const used: unknown[] = [];
    const { queue, consume, clock, letters, reported } = await open(({ item }: { item: unknown }) => {
      used.push(item);
      return item;
    });
    await queue.push("q", { deadly: true });
    await queue.push("q", "healthy");
    // As a consumer that is killed: it takes the item and says no more.
    for (let lost = 0; lost < 3; lost += 1) {
      expect(await queue.reserve("q", { visibility: 5, timeout: 0 })).toMatchObject({ value: { deadly: true }, deliveries: lost + 1 });
      clock.advance(5_000);
    }
    consume();
    await until(() => used.length === 1);
    expect([used, letters, reported]).toEqual([
      ["healthy"],
      [{ queue: "q", deadLetterQueue: "q:dead-letters", value: { deadly: true }, deliveries: 4, error: undefined }],
      [],
    ]);
    expect(await queue.pop("q:dead-letters", 0)).toEqual({ deadly: true });
  });

  it("is tried without end where nothing is said", async () => {
    let tries = 0;
    const { queue, consume, clock } = await open(
      () => {
        tries += 1;
        throw new Error("always");
      },
      { maxDeliveries: undefined, onDeadLetter: undefined },
    );
    await queue.push("q", "item");
    consume();
    for (let tried = 1; tried < 8; tried += 1) {
      await until(() => tries === tried);
      await pass(clock, 1_000);
    }
    await until(() => tries === 8);
    expect(await queue.length("q:dead-letters")).toBe(0);
  });

  it("goes where `deadLetterQueue` says; what `onDeadLetter` throws is reported, and the next item is dealt with", async () => {
    const { queue, consume, clock, reported } = await open(() => Promise.reject(new Error("always")), {
      maxDeliveries: 1,
      deadLetterQueue: "hospital",
      onDeadLetter: async ({ value }) => {
        throw new Error(`pager of ${value}`);
      },
    });
    for (const item of ["a", "b"]) await queue.push("q", item);
    consume();
    // A pause for each of them, and none for who hears of it.
    await pass(clock, 2_000, 1_000);
    expect([await queue.pop("hospital", 0), await queue.pop("hospital", 0), await queue.length("q:dead-letters")]).toEqual(["a", "b", 0]);
    expect(reported.map((error) => (error as HoldallError).code ?? (error as Error).message)).toEqual([
      "NODE_FAILED",
      "pager of a",
      "NODE_FAILED",
      "pager of b",
    ]);
  });

  it("that is healthy is never moved, however often the runner is closed around it", async () => {
    const long = gate();
    const { queue, another, letters, consume } = await open(() => 1, { maxDeliveries: 1 });
    await queue.push("q", "item");
    for (let closed = 0; closed < 3; closed += 1) {
      const began = gate();
      const runner = another({
        nodes: {
          use: async () => {
            began.open();
            await long.opened;
            return 1;
          },
          after: () => 1,
        },
      });
      await runner.upsertGraph("two", graph({ use: "after", after: "" }));
      const consumer = consume({ runner, queues: [{ queue: "q", graph: "two" }] });
      await began.opened;
      const ended = Promise.all([runner.close(), consumer.close()]);
      await turns();
      long.open();
      await ended;
      expect(await queue.length("q")).toBe(1);
    }
    expect(letters).toEqual([]);
    expect(await queue.reserve("q", { timeout: 0 })).toMatchObject({ value: "item", deliveries: 1 });
  });

  it("of several consumers is tried as often in all, and moved once", async () => {
    const tries = new Map<number, number>();
    const { queue, consume, clock, letters } = await open(
      ({ item }: { item: number }) => {
        tries.set(item, (tries.get(item) ?? 0) + 1);
        if (item % 5 === 0) throw new Error("always");
        return item;
      },
      { concurrency: 2 },
    );
    for (let item = 0; item < 10; item += 1) await queue.push("q", item);
    for (let count = 0; count < 2; count += 1) consume();
    for (let pauses = 0; pauses < 20 && letters.length < 2; pauses += 1) await pass(clock, 1_000);
    await until(() => tries.size === 10);
    await turns();
    const dead = letters.map(({ value }) => value as number).sort((one, other) => one - other);
    expect([dead, await queue.length("q:dead-letters"), await queue.length("q")]).toEqual([[0, 5], 2, 0]);
    for (let item = 0; item < 10; item += 1) expect([item, tries.get(item)]).toEqual([item, item % 5 === 0 ? 3 : 1]);
  });
});

describe("a consumer with `maxDeliveries`", () => {
  const stub = (trigger: () => unknown) => ({ trigger: async () => ({ done: trigger() }) }) as never as ConsumeOptions["runner"];

  it("holds nothing against an item while the store of its runs is out of reach", async () => {
    const clock = manualClock(startTime);
    const { queue } = DataStore.memory({ clock });
    const letters: DeadLetter[] = [];
    let tries = 0;
    const runner = stub(async () => {
      tries += 1;
      if (tries < 6) throw new HoldallError("UNAVAILABLE", "no backend");
    });
    await queue.push("q", "item");
    const onDeadLetter = (letter: DeadLetter) => letters.push(letter);
    const consumer = consumeQueues({ runner, dataStore: { queue }, queues, clock, maxDeliveries: 2, onDeadLetter, onError: () => {} });
    await pass(clock, 10_000, 1_000);
    expect([tries, letters, await queue.tryPop("q")]).toMatchObject([6, [], { ok: false }]);
    const closed = consumer.close();
    await pass(clock, 1_000);
    await closed;
  });

  it("moves what is no JSON when it was delivered as often", async () => {
    const moved: unknown[] = [];
    const reported: unknown[] = [];
    const clock = manualClock(startTime);
    const { queue } = DataStore.memory({ clock });
    const error = (deliveries: number) =>
      Object.assign(new HoldallError("INVALID_PAYLOAD", "no JSON"), { raw: "{", reservation: { queue: "q", id: "1", deliveries } });
    const met = [error(1), error(2)];
    const dataStore = {
      queue: Object.assign(Object.create(queue), {
        reserve: async () => {
          const next = met.shift();
          if (next !== undefined) throw next;
          return queue.reserve("none", { timeout: 1 });
        },
        reject: async (...call: unknown[]) => moved.push(call),
      }),
    };
    const letters: DeadLetter[] = [];
    const onDeadLetter = (letter: DeadLetter) => letters.push(letter);
    const onError = (given: unknown) => reported.push(given);
    const consumer = consumeQueues({ runner: stub(() => 1), dataStore, queues, clock, maxDeliveries: 2, onDeadLetter, onError });
    await until(() => reported.length === 1);
    expect(moved).toEqual([]);
    await pass(clock, 1_000);
    await until(() => letters.length === 1);
    expect(moved).toEqual([[{ queue: "q", id: "1", deliveries: 2 }, { to: "q:dead-letters" }]]);
    expect(letters).toEqual([{ queue: "q", deadLetterQueue: "q:dead-letters", value: undefined, deliveries: 2, error: reported[1] }]);
    const closed = consumer.close();
    await pass(clock, 2_000, 1_000);
    await closed;
  });

  it("refuses options that make no sense, naming the one", async () => {
    const dataStore = DataStore.memory();
    const good = { runner: stub(() => 1), dataStore, queues };
    const cases: [unknown, string, string][] = [
      [{ ...good, maxDeliveries: 0 }, "OUT_OF_RANGE", "maxDeliveries"],
      [{ ...good, maxDeliveries: 1.5 }, "OUT_OF_RANGE", "maxDeliveries"],
      [{ ...good, maxDeliveries: Number.POSITIVE_INFINITY }, "OUT_OF_RANGE", "maxDeliveries"],
      [{ ...good, maxDeliveries: "3" }, "INVALID_ARGUMENT", "maxDeliveries"],
      [{ ...good, maxDeliveries: null }, "INVALID_ARGUMENT", "maxDeliveries"],
      [{ ...good, maxDeliveries: 3, deadLetterQueue: "" }, "INVALID_ARGUMENT", "deadLetterQueue"],
      [{ ...good, maxDeliveries: 3, deadLetterQueue: 3 }, "INVALID_ARGUMENT", "deadLetterQueue"],
      [{ ...good, maxDeliveries: 3, deadLetterQueue: "q" }, "INVALID_ARGUMENT", "deadLetterQueue"],
      [{ ...good, deadLetterQueue: "dead" }, "INVALID_ARGUMENT", "maxDeliveries"],
      [{ ...good, maxDeliveries: 3, onDeadLetter: "tell" }, "INVALID_ARGUMENT", "onDeadLetter"],
      [{ ...good, onDeadLetter: () => {} }, "INVALID_ARGUMENT", "maxDeliveries"],
      [{ ...good, maxDeliveries: 3, dataStore: { queue: { reserve: () => null } } }, "INVALID_ARGUMENT", "dataStore"],
    ];
    for (const [options, code, name] of cases) {
      expect(() => consumeQueues(options as never), `${code} ${name}`).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(name) }),
      );
    }
    await dataStore.close();
  });
});
