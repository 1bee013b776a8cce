/**
 * The workflow of the orders example on a store of the test's own: what it leaves in the store, what it survives, and that each check fires.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { createStore, type Store } from "holdall";
import { describe, expect, it } from "vitest";
import { Carrier } from "../../examples/orders/carrier.mjs";
import { checkBooks } from "../../examples/orders/check.mjs";
import { SimulatedClock } from "../../examples/orders/clock.mjs";
import { type Charge, PaymentGateway } from "../../examples/orders/gateway.mjs";
import { readOrders, readStock } from "../../examples/orders/input.mjs";
import type { OrderRecord } from "../../examples/orders/records.mjs";
import { PassingFailure } from "../../examples/orders/retry.mjs";
import type { Shelf } from "../../examples/orders/warehouse.mjs";
import { Workflow } from "../../examples/orders/workflow.mjs";

const ordersPath = fileURLToPath(new URL("../../examples/orders/orders.jsonl", import.meta.url));
const stockPath = fileURLToPath(new URL("../../examples/orders/stock.json", import.meta.url));
const opening = Date.parse("2026-11-27T08:00:00Z");
const minute = 60_000;

/** A shop with nothing done yet. */
function openShop(stock = readStock(stockPath), Gateway = PaymentGateway) {
  const clock = new SimulatedClock(opening);
  const store = createStore({ clock });
  const gateway = new Gateway(clock);
  const carrier = new Carrier(clock);
  return { clock, store, gateway, carrier, workflow: new Workflow({ store, clock, gateway, carrier, stock }) };
}

/** The shop after the whole order file, and its books. */
async function workedHour(Gateway = PaymentGateway) {
  const shop = openShop(undefined, Gateway);
  await shop.workflow.run(readOrders(ordersPath));
  const books = { ordersPath, stockPath, store: shop.store, ledger: [...shop.gateway.ledger], manifest: [...shop.carrier.manifest] };
  return { ...shop, books };
}

const broken = (findings: ReturnType<typeof checkBooks>) =>
  findings.filter(({ problems }) => problems.length > 0).map(({ promise }) => promise);

let orderCount = 0;
/** One line of an order file: a mug, at 08:00 unless another moment is given. */
function order({ at = 0, ...rest }: { at?: number; key?: string; card?: string; postcode?: string } = {}) {
  orderCount += 1;
  const { key = `key-${orderCount}`, card = "visa-4242", postcode = "75011" } = rest;
  return {
    number: orderCount,
    order: {
      id: `T-${orderCount}`,
      key,
      card,
      placedAt: new Date(opening + at).toISOString(),
      customer: "Ada Abara",
      address: { city: "Paris", postcode },
      lines: [{ article: "mug", quantity: 1, priceCents: 1450 }],
      totalCents: 1450,
    },
  };
}

const recordOf = (store: Store, { order: { id } }: ReturnType<typeof order>) => store.scope("orders").getOrThrow<OrderRecord>(id);

describe("after the hour", () => {
  it("the store holds a record of each order, a shelf of each article, and a dated shipment of each shipped order", async () => {
    const { store, carrier } = await workedHour();
    const records = [...store.scope("orders").values<OrderRecord>()];
    expect(records.map(({ line }) => line).sort((one, other) => one - other)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    const shipped = [...store.scope("orders").entries<OrderRecord>()].filter(([, { status }]) => status === "shipped").map(([id]) => id);
    expect([...store.scope("shipments").keys()]).toEqual(shipped);
    expect(carrier.manifest.map((parcel) => parcel.order).sort()).toEqual(shipped);
    for (const { bookedAt } of store.scope("shipments").values<{ bookedAt: Date }>()) {
      expect(bookedAt).toBeInstanceOf(Date);
      expect(bookedAt.getTime()).toBeGreaterThan(opening);
    }
    expect([...store.scope("stock").keys()]).toEqual(Object.keys(readStock(stockPath)));
  });

  it("the tag finds what needs attention, by reason too", async () => {
    const { store } = await workedHour();
    const orders = store.scope("orders");
    const expected = (reason: string) =>
      [...orders.entries<OrderRecord>()].filter(([, record]) => record.reason === reason).map(([id]) => id);
    for (const reason of ["review", "payment", "carrier"]) {
      expect(expected(reason).length).toBeGreaterThan(0);
      expect([...orders.find({ allTags: ["attention", reason] })]).toEqual(expected(reason));
    }
    expect([...store.find({ anyTags: ["attention"] })]).toHaveLength([...orders.find({ anyTags: ["attention"] })].length);
  });

  it("keys live for at most 15 minutes, and those of the first three quarters are gone", async () => {
    const { store } = await workedHour();
    const payments = store.scope("payments");
    const remaining = [...payments.keys()].map((key) => payments.ttl(key));
    expect(remaining.length).toBeGreaterThan(0);
    for (const left of remaining) {
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(15 * minute);
    }
    expect(store.stats().expirations).toBeGreaterThan(200);
  });
});

describe("a payment", () => {
  it("whose answer was lost is not charged again", async () => {
    const { store, gateway, workflow } = openShop();
    const lost = order({ card: "visa-0127" });
    await workflow.run([lost]);
    expect(recordOf(store, lost)).toMatchObject({ status: "shipped", retries: 1 });
    expect(gateway.ledger).toHaveLength(1);
  });

  it("of which even the last answer was lost counts as charged", async () => {
    class MuteGateway extends PaymentGateway {
      #calls = 0;
      override async charge(request: Parameters<PaymentGateway["charge"]>[0]): Promise<Charge> {
        this.#calls += 1;
        if (this.#calls === 4) await super.charge(request);
        throw new PassingFailure("no answer");
      }
    }
    const { store, gateway, workflow } = openShop(undefined, MuteGateway);
    const lost = order();
    await workflow.run([lost]);
    expect(recordOf(store, lost)).toMatchObject({ status: "shipped", retries: 3 });
    expect(gateway.ledger).toHaveLength(1);
  });

  it("would be charged twice if nobody looked first, and the check would see it", async () => {
    class ForgetfulGateway extends PaymentGateway {
      override async find() {
        return undefined;
      }
    }
    const { books } = await workedHour(ForgetfulGateway);
    expect(broken(checkBooks(books))).toEqual([expect.stringContaining("nothing twice")]);
  });

  it("that never comes gives the articles back, and is tagged", async () => {
    const { store, workflow } = openShop();
    const silent = order({ card: "visa-0341" });
    await workflow.run([silent]);
    expect(recordOf(store, silent)).toMatchObject({ status: "attention", reason: "payment", retries: 3 });
    expect(store.scope("orders").hasTag(silent.order.id, "payment")).toBe(true);
    expect(store.scope("stock").get("mug")).toEqual({ left: 260, held: 0, shipped: 0 });
  });
});

describe("an idempotency key", () => {
  it("takes one of two orders that come at the same moment", async () => {
    const { store, gateway, workflow } = openShop();
    const [first, second] = [order({ key: "twice" }), order({ key: "twice" })];
    await workflow.run([first, second]);
    expect(recordOf(store, first).status).toBe("shipped");
    expect(recordOf(store, second)).toMatchObject({ status: "duplicate", detail: `the same as ${first.order.id}` });
    expect(gateway.ledger).toHaveLength(1);
  });

  it("is remembered for 15 minutes and no longer", async () => {
    const { store, workflow } = openShop();
    const [first, soon, late] = [
      order({ key: "again" }),
      order({ key: "again", at: 14 * minute }),
      order({ key: "again", at: 16 * minute }),
    ];
    await workflow.run([first, soon, late]);
    expect([first, soon, late].map((line) => recordOf(store, line).status)).toEqual(["shipped", "duplicate", "shipped"]);
    expect(store.stats().expirations).toBe(1);
  });
});

describe("the stock", () => {
  it("sells the last pieces once, however many reach for them at the same time", async () => {
    const { store, workflow } = openShop({ mug: { name: "Mug", priceCents: 1450, quantity: 3 } });
    const crowd = Array.from({ length: 8 }, () => order());
    await workflow.run(crowd);
    const statuses = crowd.map((line) => recordOf(store, line).status);
    expect(statuses.filter((status) => status === "shipped")).toHaveLength(3);
    expect(statuses.filter((status) => status === "rejected")).toHaveLength(5);
    expect(store.scope("stock").get<Shelf>("mug")).toEqual({ left: 0, held: 0, shipped: 3 });
    expect(workflow.warehouse.conflicts).toBeGreaterThan(0);
  });

  it("stays held for a paid order that no carrier takes", async () => {
    const { store, workflow } = openShop();
    const island = order({ postcode: "99990" });
    await workflow.run([island]);
    expect(recordOf(store, island)).toMatchObject({ status: "attention", reason: "carrier" });
    expect(store.scope("stock").get("mug")).toEqual({ left: 259, held: 1, shipped: 0 });
  });

  it("waits for a depot that opens again in time", async () => {
    const { store, workflow } = openShop();
    const delayed = order({ postcode: "69003", at: 12 * minute + 45_000 });
    await workflow.run([delayed]);
    expect(recordOf(store, delayed).status).toBe("shipped");
    expect(recordOf(store, delayed).retries).toBeGreaterThan(0);
  });
});

describe("the checks", () => {
  const first = (store: Store, wanted: OrderRecord["status"]) =>
    [...store.scope("orders").entries<OrderRecord>()].find(([, { status }]) => status === wanted) as [string, OrderRecord];

  it("hold on true books", async () => {
    expect(broken(checkBooks((await workedHour()).books))).toEqual([]);
  });

  it.each<[string, string, (orders: Store) => void]>([
    ["a lost order", "exactly once", (orders) => orders.delete("A-0003")],
    ["a made-up order", "exactly once", (orders) => orders.set("A-9999", { status: "rejected", line: 3, cents: 0, retries: 0 })],
    ["a changed amount", "in the totals", (orders) => orders.set("A-0003", { ...orders.getOrThrow<OrderRecord>("A-0003"), cents: 1 })],
    ["an order that never ended", "exactly once", (orders) => orders.set("A-0001", { status: "reserved", line: 1, cents: 0, retries: 0 })],
  ])("see %s", async (_, promise, tamper) => {
    const { store, books } = await workedHour();
    tamper(store.scope("orders"));
    expect(broken(checkBooks(books)).join()).toContain(promise);
  });

  it("see a mug too many, and one too few", async () => {
    for (const difference of [1, -1]) {
      const { store, books } = await workedHour();
      const shelf = store.scope("stock").getOrThrow<Shelf>("mug");
      store.scope("stock").set("mug", { ...shelf, left: shelf.left + difference });
      expect(broken(checkBooks(books))).toEqual([expect.stringContaining("pieces at the start")]);
    }
  });

  it("see a second charge, a missing one, and a parcel too few", async () => {
    const { books } = await workedHour();
    const { ledger, manifest } = books;
    expect(broken(checkBooks({ ...books, ledger: [...ledger, ledger[0] as Charge] }))).toEqual([expect.stringContaining("charged")]);
    expect(broken(checkBooks({ ...books, ledger: ledger.slice(1) }))).toEqual([expect.stringContaining("charged")]);
    expect(broken(checkBooks({ ...books, manifest: manifest.slice(1) }))).toEqual([expect.stringContaining("parcels")]);
  });

  it("see a duplicate that repeats nothing, and a tag that is missing", async () => {
    const { store, books } = await workedHour();
    const orders = store.scope("orders");
    const [rejected, record] = first(store, "rejected");
    orders.set(rejected, { ...record, status: "duplicate" });
    const [attention, needing] = first(store, "attention");
    orders.set(attention, needing, { tags: [] });
    expect(broken(checkBooks(books)).join()).toMatch(/duplicates.*tagged for attention/);
  });
});

describe("the simulated clock", () => {
  it("wakes in the order of the moments, then of the asking, and nobody whose timer was cleared", async () => {
    const clock = new SimulatedClock(1000);
    const woken: string[] = [];
    const wake = async (name: string, span: number) => {
      await clock.wait(span);
      woken.push(`${name} ${clock.now()}`);
    };
    clock.clearTimer(clock.setTimer(() => woken.push("cleared"), 5));
    await clock.run(Promise.all([wake("late", 20), wake("soon", 10), wake("soon too", 10)]));
    expect(woken).toEqual(["soon 1010", "soon too 1010", "late 1020"]);
  });

  it("passes on what the work throws, and says when nothing can happen any more", async () => {
    const clock = new SimulatedClock(0);
    await expect(clock.run(clock.wait(1).then(() => Promise.reject(new Error("fallen"))))).rejects.toThrow("fallen");
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow("Nobody waits");
  });
});
