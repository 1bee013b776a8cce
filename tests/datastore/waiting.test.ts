/** Promises of contract 14: a pop waits as long as it was told, wakes in turn, and stands in nobody's way. */
import { expect, it } from "vitest";
import { describeBoth, isPending } from "./support.js";

/** How late a wait may end, in milliseconds: servers look for timeouts ten times a second, and the machine may be busy with others. */
const slack = 15_000;

async function timed<T>(promise: Promise<T>): Promise<{ readonly value: T; readonly took: number }> {
  const began = performance.now();
  const value = await promise;
  return { value, took: performance.now() - began };
}

describeBoth((subject) => {
  it("answers at once with a timeout of 0", async () => {
    const { queue } = subject.open();
    await queue.length("q");
    expect((await timed(queue.pop("q", 0))).took).toBeLessThan(slack);
    expect(await queue.reserve("q", { timeout: 0 })).toBe(null);
    expect(await queue.tryPop("q")).toEqual({ ok: false, value: null });
    await queue.push("q", "item");
    expect(await queue.pop("q", 0)).toBe("item");
  });

  it("waits as long as it was told, fractions of a second too", async () => {
    if (!subject.isRedis) {
      const { queue } = subject.open();
      const popping = queue.pop("q", 0.05);
      const reserving = queue.reserve("q", { timeout: 0.05 });
      await subject.pass(0.049);
      expect(await isPending(popping, 5)).toBe(true);
      await subject.pass(0.001);
      expect([await popping, await reserving]).toEqual([null, null]);
      return;
    }
    const { queue } = subject.open();
    await queue.length("q");
    for (const seconds of [0.001, 0.05, 0.35]) {
      for (const wait of [() => queue.pop("q", seconds), () => queue.reserve("q", { timeout: seconds })]) {
        const { value, took } = await timed<unknown>(wait());
        expect(value).toBe(null);
        expect(took).toBeGreaterThanOrEqual(seconds * 1_000 - 2);
        expect(took).toBeLessThan(seconds * 1_000 + slack);
      }
    }
  });

  it("waits until an item comes without a timeout, and with one of any length", async () => {
    const { queue } = subject.open();
    const waiting = [queue.pop("a"), queue.pop("b", 1e12), queue.pop("c", Number.POSITIVE_INFINITY), queue.pop("d", 1e8)];
    expect(await isPending(Promise.race(waiting), 150)).toBe(true);
    for (const name of ["a", "b", "c", "d"]) await subject.open().queue.push(name, name);
    expect(await Promise.all(waiting)).toEqual(["a", "b", "c", "d"]);
    const reserving = queue.reserve("a");
    expect(await isPending(reserving)).toBe(true);
    await queue.push("a", "again");
    expect((await reserving)?.value).toBe("again");
  });

  it("lets everything else pass while many wait", async () => {
    const data = subject.open();
    // They wait for as long as it takes: whatever had to wait for one of them would never come.
    const waiting = Array.from({ length: 10 }, (_, at) => data.queue.pop(`idle${at}`));
    await subject.waiting(10);
    for (let at = 0; at < 20; at += 1) {
      await data.cache.set("k", at);
      await data.queue.push("busy", at);
      expect(await data.queue.pop("busy", 0)).toBe(at);
    }
    for (let at = 0; at < 10; at += 1) await data.queue.push(`idle${at}`, at);
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 10 }, (_, at) => at));
  });

  it("serves those who wait in the order in which they came", async () => {
    const { queue } = subject.open();
    const served: number[] = [];
    const waiting: Promise<unknown>[] = [];
    for (let at = 0; at < 6; at += 1) {
      waiting.push(queue.pop("q", 60).then((item) => served.push(item as number)));
      await subject.waiting(at + 1);
    }
    for (let item = 0; item < 6; item += 1) {
      await queue.push("q", item);
      await waiting[item];
    }
    expect(served).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("wakes those who reserve as well as those who pop", async () => {
    const { queue } = subject.open();
    const waiting = [queue.reserve("q", { timeout: 60 }), queue.pop("q", 60), queue.reserve("q", { timeout: 60 })];
    await subject.waiting(3);
    for (const item of ["a", "b", "c"]) await queue.push("q", item);
    const got = (await Promise.all(waiting)).map((one) => (typeof one === "string" ? one : (one as { value: unknown } | null)?.value));
    expect(got.sort()).toEqual(["a", "b", "c"]);
  });
});
