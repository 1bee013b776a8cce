/** Promises of contract 14: what is reserved is acknowledged once or delivered again, at the front. */
import { expect, it } from "vitest";
import type { DataStoreQueue, Reservation } from "../../ts/datastore/index.js";
import { refusal } from "../refusal.js";
import { describeBoth } from "./support.js";

async function reserved(queue: DataStoreQueue, visibility?: number): Promise<Reservation> {
  const reservation = await queue.reserve("q", { visibility, timeout: 0 });
  expect(reservation).not.toBe(null);
  return reservation as Reservation;
}

describeBoth((subject) => {
  it("gives the item with its queue, an id of its own and its deadline, and nobody else gets it", async () => {
    const { queue } = subject.open();
    await queue.push("q", { id: 1 });
    await queue.push("q", null);
    const [first, second] = [await reserved(queue, 60), await reserved(queue)];
    expect(first).toEqual({ queue: "q", id: expect.any(String), value: { id: 1 }, deadline: expect.any(Number), deliveries: 1 });
    expect([second.value, Object.isFrozen(second)]).toEqual([null, true]);
    expect(second.id).not.toBe(first.id);
    // 30 s by default.
    expect(first.deadline - second.deadline).toBeGreaterThan(20_000);
    expect([await queue.length("q"), await queue.pop("q", 0), await queue.reserve("q", { timeout: 0 })]).toEqual([0, null, null]);
  });

  it("is over with its acknowledgement, once", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const reservation = await reserved(queue);
    expect(await queue.ack(reservation)).toBe(undefined);
    await refusal(queue.ack(reservation), "LEASE_LOST");
    await refusal(queue.nack(reservation), "LEASE_LOST");
    await subject.pass(1_000);
    expect([await queue.length("q"), await queue.pop("q", 0)]).toEqual([0, null]);
  });

  it("given back is delivered again at once, before all others", async () => {
    const { queue } = subject.open();
    for (const item of ["a", "b", "c"]) await queue.push("q", item);
    const [a, b] = [await reserved(queue), await reserved(queue)];
    await queue.nack(b);
    await queue.nack(a);
    expect(await queue.length("q")).toBe(3);
    await refusal(queue.ack(a), "LEASE_LOST");
    expect([(await reserved(queue)).value, await queue.pop("q", 0), await queue.pop("q", 0)]).toEqual(["a", "b", "c"]);
  });

  it("that this process made and let lapse is at the front at once, whatever it has heard of others", async () => {
    // The story: for 250 ms it went on believing what the server had said before the reservation was made, and took the items behind.
    const { queue } = subject.open();
    // By the server's own time: what moves deadlines there has connections forget what they have heard.
    const soon = () => (subject.isRedis ? new Promise((resolve) => setTimeout(resolve, 10)) : subject.pass(0.01));
    for (const item of ["a", "b", "c", "d"]) await queue.push("q", item);
    expect(await queue.pop("q", 0)).toBe("a");
    await reserved(queue, 0.005);
    await soon();
    expect(await queue.pop("q", 0)).toBe("b");
    await queue.renew(await reserved(queue, 60), { visibility: 0.005 });
    await soon();
    expect(await queue.pop("q", 0)).toBe("c");
  });

  it("of the only item gives it back to an empty queue, and can be renewed there", async () => {
    // The story: in memory the queue, which held nothing for a moment, was let go of, and the item went with it.
    const { queue } = subject.open();
    await queue.push("q", "item");
    await queue.nack(await reserved(queue));
    await queue.ack(await queue.renew(await reserved(queue)));
    expect([await queue.length("q"), await queue.pop("q", 0)]).toEqual([0, null]);
  });

  it("of a consumer that says nothing is delivered again at its deadline, at the front, in its order", async () => {
    const { queue } = subject.open();
    for (const item of ["a", "b", "c", "d"]) await queue.push("q", item);
    const lost = [await reserved(queue, 1_000), await reserved(queue, 1_100), await reserved(queue, 6_000)];
    await subject.pass(900);
    expect(await queue.pop("q", 0)).toBe("d");
    expect(await queue.pop("q", 0)).toBe(null);
    await queue.push("q", "e");
    await subject.pass(200);
    expect([await queue.pop("q", 0), (await reserved(queue)).value, await queue.pop("q", 0)]).toEqual(["a", "b", "e"]);
    for (const reservation of lost.slice(0, 2)) {
      await refusal(queue.ack(reservation), "LEASE_LOST");
      await refusal(queue.nack(reservation), "LEASE_LOST");
    }
    await queue.ack(lost[2] as Reservation);
  });

  it("is late from its deadline on, whether or not somebody else has the item by then", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const reservation = await reserved(queue, 5);
    await subject.pass(5);
    const error = await refusal(queue.ack(reservation), "LEASE_LOST");
    expect(error.key).toBe("q");
    await refusal(queue.renew(reservation), "LEASE_LOST");
    const again = await reserved(queue);
    expect([again.value, again.id === reservation.id]).toEqual(["item", false]);
    await queue.ack(again);
  });

  it("lasts longer when it is renewed", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const reservation = await reserved(queue, 1_000);
    await subject.pass(900);
    const renewed = await queue.renew(reservation, { visibility: 1_000 });
    expect(renewed).toEqual({ ...reservation, deadline: expect.any(Number) });
    await subject.pass(900);
    expect(await queue.pop("q", 0)).toBe(null);
    await queue.ack(renewed);
    await refusal(queue.renew(reservation), "LEASE_LOST");
  });

  it("can be acknowledged by another process than the one that made it", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const { queue: name, id } = JSON.parse(JSON.stringify(await reserved(queue)));
    await subject.open().queue.ack({ queue: name, id });
    await refusal(queue.ack({ queue: "other", id }), "LEASE_LOST");
    await refusal(queue.ack({ queue: "q", id: "never made" }), "LEASE_LOST");
  });

  it("that lapses wakes those who wait", async () => {
    const { queue } = subject.open();
    for (const item of ["a", "b"]) await queue.push("q", item);
    await reserved(queue, 0.15);
    await reserved(queue, 0.15);
    const waiting = [subject.open().queue.pop("q", 20), subject.open().queue.reserve("q", { timeout: 20 })];
    if (!subject.isRedis) {
      await Promise.resolve();
      await subject.pass(0.15);
    }
    const [popped, taken] = await Promise.all(waiting);
    expect([popped, (taken as Reservation).value].sort()).toEqual(["a", "b"]);
  });

  it("that is made and lapses while others wait wakes them too", async () => {
    const { queue } = subject.open();
    const waiting = subject.open().queue.pop("q", 20);
    const other = subject.open().queue.pop("other", 20);
    await queue.push("other", 1);
    await other;
    // The waiting pop knows of no reservation; this one is made behind its back.
    const reserving = subject.open().queue.reserve("late", { timeout: 20, visibility: 0.1 });
    const late = subject.open().queue.pop("late", 20);
    await queue.push("late", "item");
    const first = await Promise.race([reserving.then(() => "reserved"), late.then(() => "popped")]);
    if (first === "reserved") {
      if (!subject.isRedis) await subject.pass(0.1);
      expect(await late).toBe("item");
    } else {
      await queue.push("late", "item");
      expect((await reserving)?.value).toBe("item");
    }
    await queue.push("q", "end");
    expect(await waiting).toBe("end");
  });

  it("of thousands that lapse together leaves their order", async () => {
    const { queue } = subject.open();
    const items = Array.from({ length: 2_500 }, (_, at) => at);
    await Promise.all(items.map((item) => queue.push("q", item)));
    const lost = await Promise.all(items.map(() => queue.reserve("q", { visibility: 600, timeout: 0 })));
    expect(lost.map((one) => one?.value)).toEqual(items);
    await subject.pass(600);
    const again: unknown[] = [];
    for (let item = await queue.pop("q", 0); item !== null; item = await queue.pop("q", 0)) again.push(item);
    expect([...again].sort((a, b) => (a as number) - (b as number))).toEqual(items);
  });
});
