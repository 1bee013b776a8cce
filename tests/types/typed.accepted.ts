/**
 * What must compile of updates and typed stores, with the types that it must have: with zod, with valibot, and with a schema of one's own.
 * Compiled by `types.test.ts` and `npm run check`; never run.
 *
 * @module
 */
import * as v from "valibot";
import { z } from "zod";
import { createStore, type DeepReadonly, type StandardSchema, type TypedReader, type TypedStore, type Value } from "../../ts/index.js";

/** Fails to compile unless both types are the same. */
function same<A, B>(_same: [A] extends [B] ? ([B] extends [A] ? true : never) : never): void {}

interface Order {
  id: string;
  lines: { sku: string; count: number }[];
  state?: "paid" | "sent";
}

const store = createStore();

// What `update` gives and takes is readonly, so parts of the old value may be parts of the new.
const order = store.update<Order>("order", (before) => ({ id: "1", ...before, lines: before?.lines ?? [], state: "paid" }));
same<typeof order, DeepReadonly<Order>>(true);
const untyped = store.update("key", (before) => before ?? null);
same<typeof untyped, Value>(true);
const hits: number = store.increment("hits", 2, { ttl: "1m" });
const fields = store.updateFields<Order>("order", { "/state": "sent", "lines.0.count": hits, "/lines/1": { sku: "a", count: 1 } });
same<typeof fields, DeepReadonly<Order>>(true);

// The type of what is loaded is that of the loader.
declare const fetchOrder: () => Promise<Order>;
const loaded = store.getOrLoad("order", fetchOrder, { ttl: "5m", tags: ["a"] });
same<typeof loaded, Promise<DeepReadonly<Order>>>(true);
const atOnce = store.getOrLoad("number", () => Number("5"));
same<typeof atOnce, Promise<number>>(true);

// A kind has its type, and a schema that of its output.
const text = store.getAs("key", "string");
same<typeof text, string>(true);
const dates = [store.getAs("key", "date"), store.reader().getAs("key", "bigint"), store.getAs("key", "null")] as const;
same<typeof dates, readonly [Date, bigint, null]>(true);
const item = store.getAs("key", z.object({ a: z.array(z.number()), b: z.string().default("b") }));
same<typeof item, { readonly a: readonly number[]; readonly b: string }>(true);
const length = store.getAs("key", v.pipe(v.string(), v.transform(Number)));
same<typeof length, number>(true);

// Typed by zod: what defaults fill may be left out on the way in, and is there on the way out.
const user = z.object({ name: z.string(), role: z.enum(["admin", "guest"]).default("guest"), seen: z.date().optional() });
const users = store.scope("user").typed(user);
same<typeof users, TypedStore<DeepReadonly<z.input<typeof user>>, z.output<typeof user>>>(true);
users.set("1", { name: "Ada" }, { ttl: "1h" });
const found = users.get("1");
same<typeof found, DeepReadonly<z.output<typeof user>> | undefined>(true);
same<NonNullable<typeof found>["role"], "admin" | "guest">(true);
const renamed = users.update("1", (before) => ({ name: before?.name ?? "" }));
same<typeof renamed.role, "admin" | "guest">(true);
// What was read may be set, whole or in part.
const crews = store.typed(z.object({ name: z.string(), hands: z.array(z.object({ id: z.string() })) }));
crews.set("2", crews.getOrThrow("1"));
crews.update("1", (crew) => ({ name: "", hands: [], ...crew }));
users.watch({ tag: "t" }, ({ value, previous }) => same<typeof value, typeof previous>(true));
users.watch(({ value }) => same<NonNullable<typeof value>["name"], string>(true));
users.subscribe(({ changes }) => same<NonNullable<(typeof changes)[number]["value"]>["name"], string>(true));
for (const [key, { name }] of users.scope("eu").entries({ limit: 3 })) same<[typeof key, typeof name], [string, string]>(true);
users.setMany(new Map([["1", { name: "Ada" }]]));
same<Awaited<ReturnType<typeof users.getOrLoad>>["name"], string>(true);
users.getMutable("1")?.name.concat("");

// A reader's typed view reads.
const readers = [store.reader().typed(user), users.reader(), users.reader().scope("eu")] as const;
same<(typeof readers)[0], TypedReader<z.output<typeof user>>>(true);
same<(typeof readers)[1], (typeof readers)[0]>(true);
same<(typeof readers)[2], (typeof readers)[0]>(true);

// Typed by valibot.
const counts = store.typed(v.record(v.string(), v.pipe(v.number(), v.integer())));
same<ReturnType<typeof counts.getOrThrow>, { readonly [name: string]: number }>(true);
counts.set("a", { b: 1 });

// With a codec, what a store cannot hold: reads give the caller's own.
class Money {
  constructor(readonly cents: bigint) {}
}
const prices = store.typed(z.instanceof(Money), { encode: ({ cents }) => cents, decode: (cents: bigint) => new Money(cents) });
same<ReturnType<typeof prices.getOrThrow>, Money>(true);
prices.set("kite", new Money(1_200n));
const graph = store.typed(z.map(z.string(), z.set(z.string())), {
  encode: (edges) => [...edges].map(([from, to]): [string, string[]] => [from, [...to]]),
  decode: (edges: [string, string[]][]) => new Map(edges.map(([from, to]) => [from, new Set(to)])),
});
same<ReturnType<typeof graph.get>, Map<string, Set<string>> | undefined>(true);

// A schema of one's own needs no library.
const even: StandardSchema<number> = {
  "~standard": {
    version: 1,
    vendor: "own",
    validate: (value) => (typeof value === "number" && value % 2 === 0 ? { value } : { issues: [{ message: "not even" }] }),
  },
};
same<ReturnType<ReturnType<typeof store.typed<number, number>>["get"]>, number | undefined>(true);
store.typed(even).set("k", 2);
