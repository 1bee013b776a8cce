/** Promises of `deliveries` and `reject`: an item knows how often it was delivered, whatever became of its consumers, and can be given up on. */
import { expect, it } from "vitest";
import { type DataStoreQueue, deadLetterName, type Reservation } from "../../ts/datastore/index.js";
import { refusal } from "../refusal.js";
import { describeBoth } from "./support.js";

async function reserved<T>(queue: DataStoreQueue, visibility?: number): Promise<Reservation<T>> {
  const reservation = await queue.reserve<T>("q", { visibility, timeout: 0 });
  expect(reservation).not.toBe(null);
  return reservation as Reservation<T>;
}

/** Takes and gives back the first item, so often. */
async function nackFirst(queue: DataStoreQueue, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await queue.nack(await reserved(queue));
}

/** All items that are there, with how often they were delivered. */
async function all(queue: DataStoreQueue): Promise<[unknown, number][]> {
  const found: [unknown, number][] = [];
  for (let item = await queue.reserve("q", { timeout: 0 }); item !== null; item = await queue.reserve("q", { timeout: 0 }))
    found.push([item.value, item.deliveries]);
  return found;
}

describeBoth((subject) => {
  it("an item counts on when it is given back and when its time runs out, over all consumers, and not when it is released", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const first = await reserved(queue);
    expect(first.deliveries).toBe(1);
    await queue.nack(first);
    const second = await reserved(subject.open().queue, 5);
    expect(second.deliveries).toBe(2);
    await subject.pass(5);
    const third = await reserved(queue, 5);
    expect(third.deliveries).toBe(3);
    expect((await queue.renew(third)).deliveries).toBe(3);
    await queue.release(third);
    await refusal(queue.release(third), "LEASE_LOST");
    const again = await reserved(queue);
    expect([again.value, again.deliveries]).toEqual(["item", 3]);
    await queue.ack(again);
    expect(await queue.length("q")).toBe(0);
  });

  it("released the first time is as if never delivered", async () => {
    const { queue } = subject.open();
    for (const item of ["a", "b"]) await queue.push("q", item);
    await queue.release(await reserved(queue));
    expect(await all(queue)).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  it("counts belong to items, not to what they carry", async () => {
    const { queue } = subject.open();
    for (let item = 0; item < 3; item += 1) await queue.push("q", "same");
    await nackFirst(queue, 2);
    const [first, second] = [await reserved(queue), await reserved(queue)];
    expect([first.deliveries, second.deliveries]).toEqual([3, 1]);
    await queue.nack(second);
    await queue.nack(first);
    expect((await all(queue)).map(([, deliveries]) => deliveries)).toEqual([4, 2, 1]);
  });

  it("items that lapse together, or come back in another order than they went, keep each its own", async () => {
    const { queue } = subject.open();
    for (const item of ["a", "b", "c", "d"]) await queue.push("q", item);
    await nackFirst(queue, 3);
    const [a, b] = [await reserved(queue, 20), await reserved(queue, 10)];
    const [c] = [await reserved(queue, 30)];
    await queue.nack(c);
    await subject.pass(20);
    // b lapsed before a.
    expect(await all(queue)).toEqual([
      ["b", 2],
      ["a", 5],
      ["c", 2],
      ["d", 1],
    ]);
    await refusal(queue.ack(a), "LEASE_LOST");
    await refusal(queue.nack(b), "LEASE_LOST");
  });

  it("thousands that lapse together count each", async () => {
    const { queue } = subject.open();
    const items = Array.from({ length: 2_500 }, (_, at) => at);
    await Promise.all(items.map((item) => queue.push("q", item)));
    await nackFirst(queue, 2);
    await Promise.all(items.map(() => queue.reserve("q", { visibility: 5, timeout: 0 })));
    await subject.pass(5);
    const again = await Promise.all(items.map(() => queue.reserve<number>("q", { timeout: 0 })));
    const counts = new Map(again.map((item) => [item?.value, item?.deliveries]));
    expect([...counts.keys()].sort((one, other) => Number(one) - Number(other))).toEqual(items);
    for (const [item, deliveries] of counts) expect(deliveries).toBe(item === 0 ? 4 : 2);
  });

  it("an item that was popped has taken its count along: pushed again it begins anew", async () => {
    const { queue } = subject.open();
    for (const item of ["x", "x", "y", "z"]) await queue.push("q", item);
    // The server has just said that nothing goes on in this queue; that ends when something is given back.
    expect(await queue.pop("q", 0)).toBe("x");
    const [x, y] = [await reserved(queue), await reserved(queue)];
    await queue.nack(y);
    await queue.nack(x);
    expect([await queue.pop("q", 0), await queue.pop("q", 0), await queue.pop("q", 0)]).toEqual(["x", "y", "z"]);
    await queue.push("q", "y");
    expect((await reserved(queue)).deliveries).toBe(1);
    await queue.push("q", "x");
    expect((await reserved(queue)).deliveries).toBe(1);
  });

  it("who waits for an item hears its count too", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const first = await reserved(queue);
    const waiting = subject.open().queue.reserve("q", { timeout: 20 });
    await queue.nack(first);
    expect(await waiting).toMatchObject({ value: "item", deliveries: 2 });
  });

  it("what is rejected goes to the dead letters, at the end, as an item like others that begins anew", async () => {
    const { queue } = subject.open();
    for (const item of [{ id: 1 }, { id: 2 }, { id: 3 }]) await queue.push("q", item);
    await nackFirst(queue, 4);
    const first = await reserved(queue);
    expect(await queue.reject(first)).toBe(undefined);
    await queue.reject(await reserved(queue));
    for (const call of [queue.ack(first), queue.nack(first), queue.renew(first), queue.reject(first)]) await refusal(call, "LEASE_LOST");
    const dead = deadLetterName("q");
    expect([dead, await queue.length(dead), await queue.length("q")]).toEqual(["q:dead-letters", 2, 1]);
    expect(await queue.reserve(dead)).toMatchObject({ value: { id: 1 }, deliveries: 1 });
    await queue.push("q", await queue.pop(dead));
    expect(await all(queue)).toEqual([
      [{ id: 3 }, 1],
      [{ id: 2 }, 1],
    ]);
  });

  it("goes where it is told to, past `maxLength`, and wakes who waits there", async () => {
    const { queue } = subject.open({ maxLength: 1 });
    const waiting = subject.open().queue.pop("hospital", 20);
    await queue.push("q", "a");
    await queue.reject(await reserved(queue), { to: "hospital" });
    expect(await waiting).toBe("a");
    for (const item of ["b", "c"]) {
      await queue.push("q", item);
      await queue.reject(await reserved(queue), { to: "hospital" });
    }
    expect([await queue.length("hospital"), await queue.pop("hospital", 0)]).toEqual([2, "b"]);
  });

  it("is refused when the reservation lapsed, and the item is delivered again", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const late = await reserved(queue, 5);
    await subject.pass(5);
    expect((await refusal(queue.reject(late), "LEASE_LOST")).key).toBe("q");
    expect([await queue.length(deadLetterName("q")), (await reserved(queue)).deliveries]).toEqual([0, 2]);
  });

  it("is refused with what makes no sense, and the item stays where it is", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const reservation = await reserved(queue);
    await refusal(queue.reject(reservation, { to: "q" }), "INVALID_ARGUMENT");
    await refusal(queue.reject(reservation, { to: "" }), "INVALID_KEY");
    await refusal(queue.reject(reservation, { to: 5 as never }), "INVALID_ARGUMENT");
    await refusal(queue.reject(reservation, 5 as never), "INVALID_ARGUMENT");
    for (const none of [null, {}, { queue: "q" }, { queue: 1, id: "x" }, { queue: "q", id: "" }]) {
      await refusal(queue.reject(none as never), "INVALID_ARGUMENT");
      await refusal(queue.release(none as never), "INVALID_ARGUMENT");
    }
    await queue.ack(reservation);
  });

  it("of many consumers that share a queue in which some items always fail, each item ends once: done, or dead after as many deliveries", async () => {
    const items = Array.from({ length: 60 }, (_, at) => at);
    const { queue } = subject.open();
    for (const item of items) await queue.push("q", item);
    const tries = new Map<number, number[]>();
    const done: number[] = [];
    const consume = async (own: DataStoreQueue) => {
      for (let idle = 0; idle < 2; ) {
        const item = await own.reserve<number>("q", { visibility: 600, timeout: 0 });
        if (item === null) {
          // Somebody may still give one back.
          idle += done.length + (await own.length(deadLetterName("q"))) === items.length ? 1 : 0;
          continue;
        }
        tries.set(item.value, [...(tries.get(item.value) ?? []), item.deliveries]);
        if (item.value % 7 !== 3) {
          await own.ack(item);
          done.push(item.value);
        } else if (item.deliveries < 4) await own.nack(item);
        else await own.reject(item);
      }
    };
    await Promise.all(Array.from({ length: 5 }, () => consume(subject.open().queue)));
    const dead: number[] = [];
    for (let item = await queue.pop<number>("q:dead-letters", 0); item !== null; item = await queue.pop<number>("q:dead-letters", 0))
      dead.push(item);
    expect([...dead, ...done].sort((one, other) => one - other)).toEqual(items);
    expect(dead.every((item) => item % 7 === 3)).toBe(true);
    for (const [item, counts] of tries) expect(counts).toEqual(item % 7 === 3 ? [1, 2, 3, 4] : [1]);
  });
});
