/** Promises of contract 14 that only processes can keep: nothing is lost with a killed consumer, and many share a queue without a mistake. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../refusal.js";
import { type Programs, programs, type Running } from "./process.support.js";
import { redisForTests } from "./support.js";

const { server, subject } = redisForTests();
let made: Programs;
beforeAll(async () => {
  made = await programs();
});
afterAll(() => made.remove());

describe("a consumer that is killed", () => {
  it("loses nothing that it had reserved: it is delivered again, at the front, and whoever comes late is told", async () => {
    const { queue } = subject.open();
    for (const item of ["first", "second", "third"]) await queue.push("q", item);
    const consumer = made.run(
      `const { queue } = new DataStore({ port });
       const reservation = await queue.reserve("q", { visibility: 60 });
       console.log(JSON.stringify(reservation));
       await queue.reserve("q", { visibility: 600 });
       console.log("both");
       setInterval(() => {}, 1_000);`,
      server().port,
    );
    const reservation = JSON.parse(await consumer.line());
    expect([reservation.value, await consumer.line()]).toEqual(["first", "both"]);
    await consumer.kill();
    // A consumer that waits gets it as soon as its time is over, before what was pushed later.
    expect(await queue.pop("q", 0)).toBe("third");
    await subject.pass(59.5);
    const waiting = queue.reserve("q", { visibility: 6_000, timeout: 60 });
    const again = await waiting;
    expect(again?.value).toBe("first");
    await refusal(queue.ack(reservation), "LEASE_LOST");
    if (again !== null) await queue.ack(again);
    await subject.pass(600);
    expect([await queue.pop("q", 0), await queue.pop("q", 0)]).toEqual(["second", null]);
  });

  it("while it waits takes nothing along", async () => {
    const { queue } = subject.open();
    const consumer = made.run(
      `const { queue } = new DataStore({ port });
       await Promise.all([queue.reserve("q"), queue.pop("other", 600)]);`,
      server().port,
    );
    await subject.waiting(2);
    await consumer.kill();
    await queue.push("q", 1);
    expect((await queue.reserve("q", { timeout: 60 }))?.value).toBe(1);
  });
});

describe("four processes on one queue", { timeout: 300_000 }, () => {
  const perProducer = 1_000;
  const producer = (name: string) => `
    const data = new DataStore({ port });
    for (let at = 0; at < ${perProducer}; at += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, next) => data.queue.push("load", { producer: "${name}", number: at + next })));
    }
    await data.close();`;
  const consumer = (visibility: number, worker: string) => `
    const data = new DataStore({ port });
    const work = async (reservation) => { ${worker} };
    for (;;) {
      const reservation = await data.queue.reserve("load", { visibility: ${visibility}, timeout: 3 });
      if (reservation === null && (await data.cache.exists("all is pushed"))) break;
      if (reservation === null) continue;
      const { producer, number } = reservation.value;
      await work(reservation);
      try {
        await data.queue.ack(reservation);
        console.log("ack", producer, number);
      } catch (error) {
        if (error.code !== "LEASE_LOST") throw error;
        console.log("late", producer, number);
      }
    }
    await data.close();`;

  /** Waits until the producers have ended, and tells the consumers, which end when nothing comes then. */
  async function allPushed(producers: readonly Running[]): Promise<void> {
    await Promise.all(producers.map((one) => one.end()));
    await subject.open().cache.set("all is pushed", true);
  }

  it("acknowledge every item exactly once, each producer's in its order", async () => {
    const producers = ["a", "b"].map((name) => made.run(producer(name), server().port));
    const consumers = [1, 2].map(() => made.run(consumer(60, ""), server().port));
    await allPushed(producers);
    const lines = await Promise.all(consumers.map((one) => one.end()));
    for (const name of ["a", "b"]) {
      const acknowledged = lines.map((of) =>
        of.filter((line) => line.startsWith(`ack ${name} `)).map((line) => Number(line.split(" ")[2])),
      );
      expect(acknowledged.flat().sort((one, other) => one - other)).toEqual(Array.from({ length: perProducer }, (_, at) => at));
      for (const one of acknowledged) expect(one).toEqual([...one].sort((a, b) => a - b));
    }
    expect(lines.flat()).toHaveLength(2 * perProducer);
    expect(await server().cli("KEYS", "*")).toBe("datastore:cache:all is pushed");
  });

  it("acknowledge every item exactly once, although consumers are killed and others are too slow", async () => {
    const producers = ["a", "b"].map((name) => made.run(producer(name), server().port));
    // One in a hundred items takes longer than its time; what is printed is known to be acknowledged.
    const slow =
      "if (reservation.value.number % 100 === 7 && Math.random() < 0.5) await new Promise((resolve) => setTimeout(resolve, 450));";
    const start = () => made.run(consumer(0.4, slow), server().port);
    const seen: string[] = [];
    const victims = 3;
    for (let round = 0; round < victims; round += 1) {
      const victim = start();
      for (let count = 0; count < 150; count += 1) seen.push(await victim.line());
      seen.push(...(await victim.kill()));
    }
    const survivors = [start(), start()];
    await allPushed(producers);
    seen.push(...(await Promise.all(survivors.map((one) => one.end()))).flat());
    const acknowledged = seen.filter((line) => line.startsWith("ack"));
    const all = ["a", "b"].flatMap((name) => Array.from({ length: perProducer }, (_, at) => `ack ${name} ${at}`));
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    // A victim may have been killed between an acknowledgement and its line: at most one each.
    const silent = all.filter((line) => !acknowledged.includes(line));
    expect(silent.length).toBeLessThanOrEqual(victims);
    expect(await server().cli("KEYS", "*")).toBe("datastore:cache:all is pushed");
  });
});
