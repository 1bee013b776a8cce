/** Promises of contract 14: a queue gives what was put into it, in that order, to one consumer each. */
import { expect, it } from "vitest";
import { refusal } from "../refusal.js";
import { describeBoth } from "./support.js";

describeBoth((subject) => {
  it("gives items in the order in which they were pushed, and tells its length", async () => {
    const { queue } = subject.open();
    expect([await queue.push("q", "a"), await queue.push("q", "b"), await queue.push("q", "c")]).toEqual([1, 2, 3]);
    expect(await queue.length("q")).toBe(3);
    expect([await queue.pop("q"), await queue.pop("q", 0), await queue.pop("q", 5)]).toEqual(["a", "b", "c"]);
    expect([await queue.length("q"), await queue.length("never used")]).toEqual([0, 0]);
  });

  it("keeps the order of pushes that are not waited for, and of pops", async () => {
    const { queue } = subject.open();
    const items = Array.from({ length: 2_000 }, (_, at) => at);
    const lengths = await Promise.all(items.map((item) => queue.push("q", item)));
    expect(lengths).toEqual(items.map((at) => at + 1));
    expect(await Promise.all(items.map(() => queue.pop("q")))).toEqual(items);
  });

  it("gives each item to one consumer", async () => {
    const producer = subject.open();
    const consumers = [subject.open(), subject.open(), subject.open()];
    const items = Array.from({ length: 300 }, (_, at) => at);
    const popping = consumers.map(async ({ queue }) => {
      const got: number[] = [];
      for (let item = await queue.pop<number>("q", 5); item !== null && item >= 0; item = await queue.pop<number>("q", 5)) got.push(item);
      return got;
    });
    for (const item of items) await producer.queue.push("q", item);
    for (const _ of consumers) await producer.queue.push("q", -1);
    const got = await Promise.all(popping);
    expect(got.flat().sort((one, other) => one - other)).toEqual(items);
    for (const one of got) expect(one).toEqual([...one].sort((a, b) => a - b));
  });

  it("keeps queues apart, whatever they are called", async () => {
    const { queue } = subject.open();
    const names = ["q", "q:reserved", "reserved:q", "Q", "__proto__", "a b\r\n", "{tag}", "queue:q", "\u{1F4E6}", "*", "x".repeat(2_000)];
    for (const name of names) await queue.push(name, name);
    for (const name of names) expect([await queue.length(name), await queue.pop(name, 0)]).toEqual([1, name]);
  });

  it("gives values as they were: all of JSON, and nothing aliased", async () => {
    const { queue } = subject.open();
    const value = {
      text: "\u{1F4E6} \ud800 \0 ~",
      numbers: [0, -1.5, 1e300, 5e-324],
      nested: { list: [[], {}], none: null, yes: true },
      "": "",
    };
    const pushed = structuredClone(value);
    await queue.push("q", pushed);
    pushed.numbers.length = 0;
    await queue.push("q", value);
    expect([await queue.pop("q", 0), await queue.pop("q", 0)]).toEqual([value, value]);
  });

  it("tells an item that is null from none", async () => {
    const { queue } = subject.open();
    await queue.push("q", null);
    await queue.push("q", null);
    await queue.push("q", 0);
    expect(await queue.tryPop("q")).toEqual({ ok: true, value: null });
    expect(await queue.pop("q", 0)).toBe(null);
    expect(await queue.tryPop("q", 0)).toEqual({ ok: true, value: 0 });
    expect(await queue.tryPop("q")).toEqual({ ok: false, value: null });
    expect(await queue.pop("q", 0)).toBe(null);
  });

  it("refuses names and spans that are none, before anything happens", async () => {
    const { queue } = subject.open();
    for (const name of ["", "\ud800"]) await refusal(queue.push(name, 1), "INVALID_KEY");
    for (const name of [undefined, null, 7, {}]) await refusal(queue.push(name as never, 1), "INVALID_ARGUMENT");
    await queue.push("q", 1);
    for (const timeout of [-1, Number.NaN, -0.001]) {
      await refusal(queue.pop("q", timeout), "OUT_OF_RANGE");
      await refusal(queue.reserve("q", { timeout }), "OUT_OF_RANGE");
    }
    for (const timeout of [null, "1"] as never[]) await refusal(queue.pop("q", timeout), "INVALID_ARGUMENT");
    for (const visibility of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      await refusal(queue.reserve("q", { visibility }), "OUT_OF_RANGE");
    for (const maxLength of [0, 1.5, -1]) await refusal(queue.push("q", 1, { maxLength }), "OUT_OF_RANGE");
    await refusal(queue.push("q", 1, 5 as never), "INVALID_ARGUMENT");
    for (const reservation of [undefined, null, {}, { queue: "q" }, { id: "1" }] as never[]) {
      await refusal(queue.ack(reservation), "INVALID_ARGUMENT");
    }
    expect([await queue.length("q"), await queue.pop("q", 0)]).toEqual([1, 1]);
  });

  it("takes nothing where the value is not plain JSON", async () => {
    const { queue } = subject.open();
    const error = await refusal(queue.push("q", { items: [1, { when: new Date(0) }] }), "INVALID_VALUE");
    expect(error.message).toContain("$.items[1].when");
    expect(await queue.length("q")).toBe(0);
  });
});
