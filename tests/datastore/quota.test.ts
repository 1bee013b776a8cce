/** Promises of contract 14: a queue takes no more than it may, and says so. */
import { expect, it } from "vitest";
import { refusal } from "../refusal.js";
import { describeBoth } from "./support.js";

describeBoth((subject) => {
  it("refuses what exceeds maxLength, and loses nothing", async () => {
    const { queue } = subject.open();
    expect([await queue.push("q", "a", { maxLength: 2 }), await queue.push("q", "b", { maxLength: 2 })]).toEqual([1, 2]);
    const error = await refusal(queue.push("q", "c", { maxLength: 2 }), "QUOTA_EXCEEDED");
    expect(error.key).toBe("q");
    expect(error.message).not.toContain('"c"');
    expect(await queue.push("other", "c", { maxLength: 2 })).toBe(1);
    expect([await queue.pop("q", 0), await queue.push("q", "d", { maxLength: 2 })]).toEqual(["a", 2]);
    expect([await queue.pop("q", 0), await queue.pop("q", 0), await queue.pop("q", 0)]).toEqual(["b", "d", null]);
  });

  it("bounds every queue of a DataStore, where a push says nothing else", async () => {
    const { queue } = subject.open({ maxLength: 1 });
    await queue.push("q", "a");
    await refusal(queue.push("q", "b"), "QUOTA_EXCEEDED");
    expect(await queue.push("q", "b", { maxLength: 2 })).toBe(2);
  });

  it("holds under pushes that come together", async () => {
    const { queue } = subject.open();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => queue.push("q", at, { maxLength: 7 })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
    expect(await queue.length("q")).toBe(7);
  });

  it("does not count what is reserved, and takes back what is given back", async () => {
    const { queue } = subject.open();
    await queue.push("q", "a", { maxLength: 1 });
    const reservation = await queue.reserve("q", { timeout: 0 });
    await queue.push("q", "b", { maxLength: 1 });
    if (reservation !== null) await queue.nack(reservation);
    expect(await queue.length("q")).toBe(2);
    await refusal(queue.push("q", "c", { maxLength: 2 }), "QUOTA_EXCEEDED");
  });

  it("lets an item through to somebody who waits", async () => {
    const { queue } = subject.open();
    const waiting = queue.pop("q", 20);
    await queue.push("q", "a", { maxLength: 1 });
    expect(await waiting).toBe("a");
    expect(await queue.push("q", "b", { maxLength: 1 })).toBe(1);
  });
});
