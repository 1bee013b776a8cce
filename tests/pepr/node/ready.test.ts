/** Promises of `ready()` that only a platform with Node's `AsyncLocalStorage` can keep: callbacks know themselves behind an `await`, too. */
import { describe, expect, it } from "vitest";
import { peprStore } from "../../../ts/pepr/index.js";

describe("ready within an onReady callback", () => {
  it("fulfils behind an await and in helpers, of early and of late callbacks", async () => {
    const store = peprStore();
    const order: string[] = [];
    const helper = async (name: string) => {
      await new Promise((resolve) => setImmediate(resolve));
      await store.ready();
      order.push(name);
    };
    store.onReady(async () => {
      await store.setItemAndWait("a", "1");
      await helper("early");
    });
    await store.ready();
    expect(order).toEqual(["early"]);
    store.onReady(() => Promise.all([helper("late"), helper("late too")]));
    await store.ready();
    expect(order).toEqual(["early", "late", "late too"]);
  });

  it("waits for the callbacks all the same for those who ask elsewhere while they run", async () => {
    const store = peprStore();
    const order: string[] = [];
    store.onReady(async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      await store.ready();
      order.push("callback");
    });
    await Promise.resolve();
    await Promise.resolve();
    await store.ready();
    order.push("elsewhere");
    expect(order).toEqual(["callback", "elsewhere"]);
  });

  it("is one store's own: a callback of another store waits for this one's", async () => {
    const [first, second] = [peprStore(), peprStore()];
    const order: string[] = [];
    first.onReady(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push("first");
    });
    second.onReady(async () => {
      await first.ready();
      order.push("second");
    });
    await second.ready();
    expect(order).toEqual(["first", "second"]);
  });
});
