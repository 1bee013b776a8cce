/**
 * The graph of the orders example, run in this process: what the nodes promise for single orders, and that the checks see what is wrong.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore, type Reader, type Store } from "holdall";
import { manualClock } from "holdall/testing";
import { createRunner } from "holdall/workflow";
import { afterAll, describe, expect, it } from "vitest";
import { Carrier } from "../../examples/orders/carrier.mjs";
import { checkBooks } from "../../examples/orders/check.mjs";
import { type Call, PaymentGateway } from "../../examples/orders/gateway.mjs";
import { orderNodes, type Shelf } from "../../examples/orders/nodes.mjs";
import { Journal, PassingFailure, slowness } from "../../examples/orders/outside.mjs";
import type { OrderRecord } from "../../examples/orders/records.mjs";
import { folder, orderLines } from "./orders.support.js";

const ordersPath = join(folder, "orders.jsonl");
const stockPath = join(folder, "stock.json");
const template = JSON.parse(readFileSync(join(folder, "orders.json"), "utf8"));
const quick = slowness(0);
const temporary = mkdtempSync(join(tmpdir(), "holdall-nodes-"));
afterAll(() => rmSync(temporary, { recursive: true }));

interface Order {
  readonly id: string;
}

let orderCount = 0;
/** An order of a mug. */
function order({ key, card = "visa-4242", postcode = "75011" }: { key?: string; card?: string; postcode?: string } = {}) {
  orderCount += 1;
  return {
    id: `T-${orderCount}`,
    key: key ?? `key-${orderCount}`,
    card,
    placedAt: "2026-11-27T08:00:00Z",
    customer: "Ada Abara",
    address: { city: "Paris", postcode },
    lines: [{ article: "mug", quantity: 1, priceCents: 1450 }],
    totalCents: 1450,
  };
}

/** A shop with its companies; `take` runs the graph on some orders, or on a file of them. */
function openShop(Gateway = PaymentGateway, store: Store = createStore(), clock?: ReturnType<typeof manualClock>) {
  const gateway = new Gateway(new Journal<Call>(), quick);
  const carrier = new Carrier(new Journal(), quick);
  const nodes = orderNodes({ gateway, carrier });
  const begin = async (orders: readonly Order[] | string, stock = stockPath) => {
    const path = typeof orders === "string" ? orders : join(temporary, `${orderCount}.jsonl`);
    if (typeof orders !== "string") writeFileSync(path, orders.map((one) => JSON.stringify(one)).join("\n"));
    const runner = createRunner({ store, nodes, retention: { store: "1d" }, ...(clock && { clock }) });
    await runner.upsertGraph("orders", template);
    return runner.trigger("orders", { inputs: { orders: path, stock } });
  };
  const take = async (orders: readonly Order[] | string, stock?: string) => {
    const run = await begin(orders, stock);
    await run.done;
    return run.store;
  };
  return { store, gateway, carrier, begin, take };
}

/** An order file worked off, and its books, with a store that can be changed, so that it lies. */
async function worked(path: string, Gateway = PaymentGateway) {
  const { gateway, carrier, take } = openShop(Gateway);
  const store = createStore();
  store.copyFrom(await take(path));
  return { store, books: { ordersPath: path, stockPath, store, ledger: [...gateway.ledger], manifest: [...carrier.manifest] } };
}
const hour = worked(ordersPath);
/** A copy of the whole file's, to tamper with. */
async function copyOfHour() {
  const { books } = await hour;
  const store = books.store.clone();
  return { store, books: { ...books, store } };
}

const broken = (findings: ReturnType<typeof checkBooks>) =>
  findings.filter(({ problems }) => problems.length > 0).map(({ promise }) => promise);
const recordOf = (store: Reader, { id }: Order) => store.scope("orders").getOrThrow<OrderRecord>(id);
const mugs = (store: Reader) => store.scope("stock").get<Shelf>("mug");

describe("after the whole file", () => {
  it("the store holds a record of each order, a shelf of each article, and a dated shipment of each shipped order", async () => {
    const { store, books } = await hour;
    const records = [...store.scope("orders").values<OrderRecord>()];
    expect(records.map(({ line }) => line).sort((one, other) => one - other)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    const shipped = [...store.scope("orders").entries<OrderRecord>()].filter(([, { status }]) => status === "shipped").map(([id]) => id);
    expect([...store.scope("shipments").keys()]).toEqual(shipped);
    expect(books.manifest.map((parcel) => parcel.order).sort()).toEqual(shipped);
    for (const { bookedAt } of store.scope("shipments").values<{ bookedAt: Date }>()) expect(bookedAt).toBeInstanceOf(Date);
    expect([...store.scope("stock").keys()]).toEqual(Object.keys(JSON.parse(readFileSync(stockPath, "utf8"))));
  });

  it("the tag finds what needs attention, by reason too", async () => {
    const orders = (await hour).store.scope("orders");
    for (const reason of ["review", "payment", "carrier"]) {
      const expected = [...orders.entries<OrderRecord>()].filter(([, record]) => record.reason === reason).map(([id]) => id);
      expect(expected.length).toBeGreaterThan(0);
      expect([...orders.find({ allTags: ["attention", reason] })]).toEqual(expected);
    }
  });
});

describe("a payment", () => {
  it("whose answer was lost is not charged again", async () => {
    const { gateway, take } = openShop();
    const lost = order({ card: "visa-0127" });
    expect(recordOf(await take([lost]), lost)).toMatchObject({ status: "shipped", retries: 1 });
    expect(gateway.ledger).toHaveLength(1);
  });

  it("of which even the last answer was lost counts as charged", async () => {
    class MuteGateway extends PaymentGateway {
      #calls = 0;
      override async charge(request: Parameters<PaymentGateway["charge"]>[0]): Promise<Call> {
        this.#calls += 1;
        if (this.#calls === 4) await super.charge(request);
        throw new PassingFailure("no answer");
      }
    }
    const { gateway, take } = openShop(MuteGateway);
    const lost = order();
    expect(recordOf(await take([lost]), lost)).toMatchObject({ status: "shipped", retries: 4 });
    expect(gateway.ledger).toHaveLength(1);
  });

  it("would be charged twice if nobody looked first, and the check would see it", async () => {
    class ForgetfulGateway extends PaymentGateway {
      override async find() {
        return undefined;
      }
    }
    const some = join(temporary, "some.jsonl");
    writeFileSync(some, orderLines.slice(0, 100).join("\n"));
    const { books } = await worked(some, ForgetfulGateway);
    expect(broken(checkBooks(books))).toEqual([expect.stringContaining("nothing twice")]);
  });

  it("that never comes gives the articles back, and is tagged", async () => {
    const silent = order({ card: "visa-0341" });
    const store = await openShop().take([silent]);
    expect(recordOf(store, silent)).toMatchObject({ status: "attention", reason: "payment", retries: 4 });
    expect(store.scope("orders").hasTag(silent.id, "payment")).toBe(true);
    expect(mugs(store)).toEqual({ left: 260, held: 0, shipped: 0 });
  });
});

describe("an idempotency key", () => {
  it("takes one of two orders", async () => {
    const { gateway, take } = openShop();
    const [first, second] = [order({ key: "twice" }), order({ key: "twice" })];
    const store = await take([first, second]);
    expect(recordOf(store, first).status).toBe("shipped");
    expect(recordOf(store, second)).toMatchObject({ status: "duplicate", detail: `the same as ${first.id}` });
    expect(gateway.ledger).toHaveLength(1);
  });

  it("that the shop does not know but the gateway does is not charged again", async () => {
    const { gateway, take } = openShop();
    const [first, second] = [order({ key: "again" }), order({ key: "again" })];
    await take([first]);
    const store = await take([second]);
    expect(recordOf(store, second)).toMatchObject({ status: "duplicate", detail: `the same as ${first.id}` });
    expect(mugs(store)).toEqual({ left: 260, held: 0, shipped: 0 });
    expect(gateway.ledger).toHaveLength(1);
  });

  it("is remembered for 15 minutes and no longer", async () => {
    const clock = manualClock(0);
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    class SlowGateway extends PaymentGateway {
      override async find() {
        await answered;
        return undefined;
      }
    }
    const { begin } = openShop(SlowGateway, createStore({ clock }), clock);
    const one = order();
    const run = await begin([one]);
    const keys = run.store.scope("payments");
    await run.store.waitFor(`orders:${one.id}`, (record) => (record as OrderRecord | undefined)?.status === "reserved");
    expect([...keys.keys()].map((key) => keys.ttl(key))).toEqual([15 * 60_000]);
    clock.advance(15 * 60_000);
    expect([...keys.keys()]).toEqual([]);
    answer();
    expect((await run.done).outputs.close).toMatchObject({ keys: 0, totals: { all: { orders: 1 } } });
  });
});

describe("the stock", () => {
  it("sells the last pieces once, first come, first served", async () => {
    const stock = join(temporary, "few.json");
    writeFileSync(stock, JSON.stringify({ mug: { name: "Mug", priceCents: 1450, quantity: 3 } }));
    const crowd = Array.from({ length: 8 }, () => order());
    const store = await openShop().take(crowd, stock);
    expect(crowd.map((one) => recordOf(store, one).status)).toEqual([...Array(3).fill("shipped"), ...Array(5).fill("rejected")]);
    expect(mugs(store)).toEqual({ left: 0, held: 0, shipped: 3 });
  });

  it("counts an article that an order names twice together", async () => {
    const stock = join(temporary, "three.json");
    writeFileSync(stock, JSON.stringify({ mug: { name: "Mug", priceCents: 1450, quantity: 3 } }));
    const lines = [2, 2].map((quantity) => ({ article: "mug", quantity, priceCents: 1450 }));
    const twice = { ...order(), lines, totalCents: 4 * 1450 };
    const store = await openShop().take([twice], stock);
    expect(recordOf(store, twice)).toMatchObject({ status: "rejected", reason: "out of stock" });
    expect(mugs(store)).toEqual({ left: 3, held: 0, shipped: 0 });
  });

  it("stays held for a paid order that no carrier takes", async () => {
    const island = order({ postcode: "99990" });
    const store = await openShop().take([island]);
    expect(recordOf(store, island)).toMatchObject({ status: "attention", reason: "carrier" });
    expect(mugs(store)).toEqual({ left: 259, held: 1, shipped: 0 });
  });

  it("waits for a depot that opens again in time, and not for ever", async () => {
    const crowd = Array.from({ length: 8 }, () => order({ postcode: "69003" }));
    const { begin } = openShop();
    const { store, done } = await begin(crowd);
    await done;
    const records = crowd.map((one) => recordOf(store, one));
    expect(records.reduce((sum, { retries }) => sum + retries, 0)).toBeGreaterThan(0);
    for (const { status, reason, retries } of records) {
      if (status === "attention") expect([reason, retries]).toEqual(["carrier", 3]);
      else expect(status).toBe("shipped");
    }
  });
});

describe("the carrier", () => {
  it("books once for each reference, however often and by whom it is asked", async () => {
    const journal = new Journal<Awaited<ReturnType<Carrier["book"]>>>();
    const booking = { reference: "orders:1/ship[0]", order: "A-1", postcode: "75011" };
    const parcels = [await new Carrier(journal, quick).book(booking), await new Carrier(journal, quick).book(booking)];
    expect(parcels[1]).toBe(parcels[0]);
    expect(new Carrier(journal, quick).manifest).toHaveLength(1);
  });
});

describe("the checks", () => {
  const first = (store: Store, wanted: OrderRecord["status"]) =>
    [...store.scope("orders").entries<OrderRecord>()].find(([, { status }]) => status === wanted) as [string, OrderRecord];

  it("hold on true books", async () => {
    expect(broken(checkBooks((await copyOfHour()).books))).toEqual([]);
  });

  it.each<[string, string, (orders: Store) => void]>([
    ["a lost order", "exactly once", (orders) => orders.delete("A-0003")],
    ["a made-up order", "exactly once", (orders) => orders.set("A-9999", { status: "rejected", line: 3, cents: 0, retries: 0 })],
    ["a changed amount", "in the totals", (orders) => orders.set("A-0003", { ...orders.getOrThrow<OrderRecord>("A-0003"), cents: 1 })],
    ["an order that never ended", "exactly once", (orders) => orders.set("A-0001", { status: "reserved", line: 1, cents: 0, retries: 0 })],
  ])("see %s", async (_, promise, tamper) => {
    const { store, books } = await copyOfHour();
    tamper(store.scope("orders"));
    expect(broken(checkBooks(books)).join()).toContain(promise);
  });

  it("see a mug too many, and one too few", async () => {
    for (const difference of [1, -1]) {
      const { store, books } = await copyOfHour();
      const shelf = store.scope("stock").getOrThrow<Shelf>("mug");
      store.scope("stock").set("mug", { ...shelf, left: shelf.left + difference });
      expect(broken(checkBooks(books))).toEqual([expect.stringContaining("pieces at the start")]);
    }
  });

  it("see a second charge, a missing one, and a parcel too few", async () => {
    const { books } = await copyOfHour();
    const { ledger, manifest } = books;
    expect(broken(checkBooks({ ...books, ledger: [...ledger, ledger[0] as Call] }))).toEqual([expect.stringContaining("charged")]);
    expect(broken(checkBooks({ ...books, ledger: ledger.slice(1) }))).toEqual([expect.stringContaining("charged")]);
    expect(broken(checkBooks({ ...books, manifest: manifest.slice(1) }))).toEqual([expect.stringContaining("parcels")]);
  });

  it("see a duplicate that repeats nothing, and a tag that is missing", async () => {
    const { store, books } = await copyOfHour();
    const orders = store.scope("orders");
    const [rejected, record] = first(store, "rejected");
    orders.set(rejected, { ...record, status: "duplicate" });
    const [attention, needing] = first(store, "attention");
    orders.set(attention, needing, { tags: [] });
    expect(broken(checkBooks(books)).join()).toMatch(/duplicates.*tagged for attention/);
  });
});
