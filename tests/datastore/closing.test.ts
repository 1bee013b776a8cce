/** Promises of contract 14: a connection that was closed comes back, a DataStore that was closed does not, and neither leaves anybody waiting. */
import { expect, it } from "vitest";
import { refusal } from "../refusal.js";
import { describeBoth, isPending } from "./support.js";

describeBoth((subject) => {
  it("connects when it is asked to, as often as it is", async () => {
    const { connection } = subject.open();
    await Promise.all([connection.ensureConnection(), connection.ensureConnection()]);
    await connection.ensureConnection();
  });

  it("connects again at the next call after its connection was closed, and has what it had", async () => {
    const { queue, cache, connection } = subject.open();
    await queue.push("q", "item");
    await cache.set("k", "value");
    await connection.close();
    await connection.close();
    expect([await queue.pop("q", 0), await cache.get("k")]).toEqual(["item", "value"]);
    await connection.close();
    await connection.ensureConnection();
  });

  it("closed connections end the waiting on them, and take nothing along", async () => {
    const data = subject.open();
    const waiting = [data.queue.pop("q"), data.queue.tryPop("q", 60), data.queue.reserve("q")];
    await isPending(Promise.race(waiting), 100);
    const refused = Promise.all(waiting.map((one) => refusal(one, "CLOSED")));
    await data.connection.close();
    await refused;
    await data.queue.push("q", "item");
    expect(await data.queue.pop("q", 5)).toBe("item");
  });

  it("an item that comes while a connection is closed goes to who waited for it, or stays", async () => {
    const producer = subject.open();
    const data = subject.isRedis ? subject.open() : producer;
    for (let round = 0; round < 25; round += 1) {
      const waiting = data.queue.pop("q").catch((error) => error.code);
      await isPending(waiting, round % 3);
      const [, , outcome] = await Promise.all([producer.queue.push("q", round), data.connection.close(), waiting]);
      expect(await producer.queue.tryPop("q")).toEqual(outcome === round ? { ok: false, value: null } : { ok: true, value: round });
      expect([round, "CLOSED"]).toContain(outcome);
    }
  });

  it("close wakes those who wait, at once, with CLOSED", async () => {
    // After a second it gives up to wake them, and cuts them off: it never comes to that, unless the machine is too busy.
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; least >= 900 && round < (subject.isRedis ? 10 : 1); round += 1) {
      const data = subject.open();
      const waiting = Array.from({ length: 14 }, (_, at) =>
        at % 2 === 0 ? data.queue.pop(`q${at % 3}`) : data.queue.reserve("q", { timeout: 600 }),
      );
      const refused = Promise.all(waiting.map((one) => refusal(one, "CLOSED")));
      // So many connections a DataStore has to wait on.
      await subject.waiting(10);
      const began = performance.now();
      await data.close();
      await refused;
      least = performance.now() - began;
    }
    expect(least).toBeLessThan(900);
  });

  it("close wakes those who have only begun to wait", async () => {
    const data = subject.open();
    await data.queue.length("q");
    const waiting = [data.queue.pop("q"), data.queue.reserve("q")];
    const refused = Promise.all(waiting.map((one) => refusal(one, "CLOSED")));
    await data.close();
    await refused;
  });

  it("every call after close is refused, whatever it is", async () => {
    const data = subject.open();
    const { queue, cache, connection } = data;
    await data.close();
    await data.close();
    const reservation = { queue: "q", id: "1" };
    const calls = [queue.push("q", 1), queue.pop("q"), queue.tryPop("q"), queue.length("q"), queue.reserve("q"), queue.ack(reservation)];
    const more = [
      queue.nack(reservation),
      queue.renew(reservation),
      cache.get("k"),
      cache.set("k", 1),
      cache.delete("k"),
      cache.exists("k"),
    ];
    for (const call of [...calls, ...more, connection.ensureConnection()]) await refusal(call, "CLOSED");
    await connection.close();
  });

  it("what was called before close gets its answer", async () => {
    const data = subject.open();
    await data.connection.ensureConnection();
    const calls = Array.from({ length: 100 }, (_, at) => data.queue.push("q", at));
    await data.close();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  });

  it("ends with the block that it is used in", async () => {
    const data = subject.open();
    await data[Symbol.asyncDispose]();
    await refusal(data.queue.length("q"), "CLOSED");
  });
});
