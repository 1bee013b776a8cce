/** Promises of contract 2 on typed stores: what a schema and a codec may be, and are asked, and how a codec restores what a store cannot hold. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createStore, HoldallError, SchemaError, type Store, type TypedStore } from "../../ts/index.js";
import { expectError } from "./support.js";

describe("what a typed store asks its schema", () => {
  it("is asked once for a value that is read often", () => {
    let calls = 0;
    const schema = z.object({ a: z.number() }).refine(() => {
      calls += 1;
      return true;
    });
    const store = createStore().typed(schema);
    store.set("k", { a: 1 });
    for (let round = 0; round < 10; round++) store.get("k");
    expect(calls).toBe(2);
  });

  it("reads values that are no objects, and those that hold a Date, anew", () => {
    const texts = createStore().typed(z.string().min(1));
    texts.set("k", "a");
    expect([texts.get("k"), texts.get("k")]).toEqual(["a", "a"]);
    expectError(() => texts.set("k", ""), "INVALID_VALUE", "$");
    const dates = createStore().typed(z.object({ at: z.date() }));
    dates.set("k", { at: new Date(5) });
    dates.get("k")?.at.setTime(6);
    expect(dates.get("k")?.at.getTime()).toBe(5);
  });

  it("refuses what passes but cannot be stored", () => {
    const store = createStore();
    const maps = store.typed(z.map(z.string(), z.string()) as never) as TypedStore<unknown>;
    expectError(() => maps.set("k", new Map([["a", "b"]])), "INVALID_VALUE", "Map");
    expect(store.size).toBe(0);
  });

  it("must be a schema that answers at once, with a codec that is one", () => {
    const store = createStore();
    for (const schema of [undefined, null, 5, "string", {}, { "~standard": 1 }]) {
      expectError(() => store.typed(schema as never), "INVALID_ARGUMENT", "schema");
      expectError(() => store.reader().typed(schema as never), "INVALID_ARGUMENT", "schema");
    }
    for (const codec of [null, {}, 5, { encode: () => 1 }, { decode: () => 1 }, { encode: 1, decode: () => 1 }]) {
      expectError(() => store.typed(z.string(), codec as never), "INVALID_ARGUMENT", "codec");
    }
    for (const result of [undefined, null, 5, { issues: "no" }, { issues: true }]) {
      const odd = store.typed({ "~standard": { version: 1, vendor: "odd", validate: () => result } } as never);
      expectError(() => odd.set("k", "a"), "INVALID_ARGUMENT", "schema");
    }
    const late = store.typed(z.string().refine(async () => true));
    expectError(() => late.set("k", "a"), "INVALID_ARGUMENT", "schema");
    store.set("k", "a");
    expectError(() => late.get("k"), "INVALID_ARGUMENT", "schema");
    const typed = store.typed(z.string());
    expectError(() => typed.setMany(5 as never), "INVALID_ARGUMENT", "pairs");
    expectError(() => typed.setMany(["ab"] as never), "INVALID_ARGUMENT", "pairs");
    expectError(() => typed.getMany(5 as never), "INVALID_ARGUMENT", "keys");
    expectError(() => typed.watch(undefined as never), "INVALID_ARGUMENT", "listener");
    expectError(() => typed.watch("k", 5 as never), "INVALID_ARGUMENT", "listener");
    expectError(() => typed.subscribe(5 as never), "INVALID_ARGUMENT", "listener");
    expectError(() => typed.get(5 as never), "INVALID_KEY");
  });

  it("ends an iterator at the value that does not pass, and frees it", () => {
    const store = createStore();
    store.setMany([
      ["a", "text"],
      ["b", 5],
      ["c", "text"],
    ]);
    const entries = store.typed(z.string()).entries();
    expect(entries.next().value).toEqual(["a", "text"]);
    expect(expectError(() => entries.next(), "TYPE_MISMATCH").key).toBe("b");
    expect(entries.next()).toEqual({ done: true, value: undefined });
  });
});

class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents() {
    return this.#cents;
  }
}

describe("a typed store with a codec", () => {
  const moneyIn = (store: Store) =>
    store.typed(
      z.instanceof(Money).refine(({ cents }) => cents >= 0n),
      { encode: ({ cents }) => ({ cents }), decode: ({ cents }: { cents: bigint }) => new Money(cents) },
    );

  it("restores classes, by every way of reading, an instance of his own for each who asks", async () => {
    const store = createStore();
    const prices = moneyIn(store.scope("price"));
    prices.set("kite", new Money(12n));
    expect(store.get("price:kite")).toEqual({ cents: 12n });
    const read = [
      prices.get("kite"),
      prices.get("kite"),
      prices.getOrThrow("kite"),
      prices.getOrDefault("kite", new Money(0n)),
      prices.getMutable("kite"),
      prices.peek("kite"),
      ...prices.getMany(["kite"]),
      ...prices.values(),
      [...prices][0]?.[1],
      prices.reader().get("kite"),
      prices.clone().get("kite"),
      prices.update("kite", (price) => price ?? new Money(0n)),
      await prices.getOrLoad("kite", () => new Money(99n)),
      await prices.getOrLoad("rope", async () => new Money(12n)),
    ];
    expect(read.map((price) => [price instanceof Money, price?.cents])).toEqual(read.map(() => [true, 12n]));
    expect(new Set(read).size).toBe(read.length);
    let heard: unknown;
    prices.watch("kite", ({ value, previous }) => {
      heard = [value?.cents, previous?.cents];
    });
    prices.update("kite", (price) => new Money((price?.cents ?? 0n) + 1n));
    expect(heard).toEqual([13n, 12n]);
  });

  it("restores Map and Set", () => {
    const graph = createStore().typed(z.map(z.string(), z.set(z.string())), {
      encode: (edges) => [...edges].map(([from, to]): [string, string[]] => [from, [...to]]),
      decode: (edges: [string, string[]][]) => new Map(edges.map(([from, to]) => [from, new Set(to)])),
    });
    const edges = new Map([
      ["a", new Set(["b", "c"])],
      ["b", new Set<string>()],
    ]);
    graph.set("k", edges);
    edges.clear();
    const read = graph.get("k");
    expect(read).toEqual(
      new Map([
        ["a", new Set(["b", "c"])],
        ["b", new Set()],
      ]),
    );
    read?.get("a")?.clear();
    expect(graph.get("k")?.get("a")?.size).toBe(2);
  });

  it("checks by the schema before it encodes and after it decodes", () => {
    const store = createStore();
    const prices = moneyIn(store.scope("price"));
    expectError(() => prices.set("kite", new Money(-1n)), "INVALID_VALUE");
    expectError(() => prices.set("kite", { cents: 1n } as never), "INVALID_VALUE");
    expect(store.size).toBe(0);
    store.set("price:kite", { cents: -1n });
    expect(expectError(() => prices.get("kite"), "TYPE_MISMATCH")).toBeInstanceOf(SchemaError);
    store.set("price:kite", null);
    const error = expectError(() => prices.getOrDefault("kite", new Money(1n)), "TYPE_MISMATCH", "decoded");
    expect([error.key, error.scope, error.cause instanceof TypeError]).toEqual(["kite", "price", true]);
  });

  it("passes on what encode throws, refuses what it makes where that cannot be stored, and changes nothing", () => {
    const store = createStore();
    const mine = new Error("mine");
    const throwing = store.typed(z.string(), {
      encode: (): string => {
        throw mine;
      },
      decode: String,
    });
    expect(() => throwing.set("k", "a")).toThrow(mine);
    const foreign = store.typed(z.string(), { encode: () => new Map(), decode: String });
    expect(expectError(() => foreign.set("k", "a"), "INVALID_VALUE", "Map")).toBeInstanceOf(HoldallError);
    expect(store.size).toBe(0);
  });
});
