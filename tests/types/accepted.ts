/**
 * What must compile, with the types that it must have. Compiled by `types.test.ts` and `npm run check`; never run.
 *
 * @module
 */
import {
  createStore,
  type DeepReadonly,
  HoldallError,
  type MergeConflict,
  type MergeOptions,
  type MergeResult,
  type MergeStrategy,
  type Middleware,
  type Reader,
  type Store,
  type Transaction,
  type Value,
  type ValueKind,
  type Write,
} from "../../ts/index.js";

/** Fails to compile unless both types are the same. */
function same<A, B>(_same: [A] extends [B] ? ([B] extends [A] ? true : never) : never): void {}

interface Order {
  id: string;
  lines: { sku: string; count: number }[];
  placed: Date;
  note?: string;
}

const store: Store = createStore();
const order = store.get<Order>("order:1");
same<typeof order, DeepReadonly<Order> | undefined>(true);
same<NonNullable<typeof order>["lines"][number]["count"], number>(true);
same<NonNullable<typeof order>["placed"], Date>(true);

// Without a type, a value is a `Value`, and narrows.
const value = store.get("key");
same<typeof value, DeepReadonly<Value> | undefined>(true);
if (typeof value === "string") same<typeof value, string>(true);

// A store is a reader; a fallback gives its type.
const reader: Reader = store.reader();
same<ReturnType<typeof reader.scope>, Reader>(true);
const count = reader.getOrDefault("count", 0 as number);
same<typeof count, number>(true);

// A predicate may say yes by anything that is truthy.
store.waitFor<Order>("order:1", (awaited) => awaited?.note);

// A copy to edit is not readonly.
store.getMutable<Order>("order:1")?.lines.push({ sku: "a", count: 1 });

// What is readonly is a value too.
const fresh: { id: string; tags: readonly string[] } = { id: "1", tags: ["a"] };
store.set("fresh", fresh);

// An interface has no index signature, and is a value all the same.
declare const placed: Order;
store.set("order:1", placed);
store.compareAndSet("order:1", placed, { version: 1 });
store.setMany([["order:1", placed]]);
declare const anything: Value;
store.set("any", anything);
class Money {
  toJSON() {
    return "1 EUR";
  }
}
store.set("price", { price: new Money() });
store.set("bytes", new Uint8Array(3), { ttl: "5m", tags: new Set(["a"]), description: null });
store.setMany(new Map<string, Value>([["a", 1n]]));
const version: number = store.compareAndSet("a", [1, null], { version: 0 });

// Metadata, and what entries are found by.
const meta = store.meta("a");
if (meta) store.setMeta("b", meta);
const owner = store.getProperty<{ name: string }>("a", "owner");
same<typeof owner, DeepReadonly<{ name: string }> | undefined>(true);
store.setProperty("a", "order", placed);
store.find({ property: { name: "owner" }, kind: "object", allTags: new Set(["a"]) });
store.find({ property: [{ name: "owner", value: { name: "Ada" } }], kind: new Set<ValueKind>(["array"]) });
const keys: IterableIterator<string> = store.reader().keysByKind(["object", "array"], { prefix: "order:" });

// A shape is a pattern, and narrows to its forms.
const shape = store.schemaOf("order:1");
if (shape !== undefined) store.findBySchema(shape, { allTags: ["a"] });
if (typeof shape === "string") same<typeof shape, Exclude<ValueKind, "object" | "array">>(true);
store.findBySchema({ id: "string", lines: [{ sku: "string", price: "object" }], note: "array" });

// A transaction gives what its body gives: at once, or a promise of it.
const text = store.transaction((tx) => {
  same<typeof tx, Transaction>(true);
  tx.scope("order").set("2", placed, { ttl: "5m" });
  return "done";
});
same<typeof text, string>(true);
const later = store.transaction(async (tx) => tx.getOrThrow<Order>("order:1").lines.length, { retries: 3 });
same<typeof later, Promise<number>>(true);
const none = store.transaction((tx) => tx.set("k", 1));
same<typeof none, void>(true);
const either = store.transaction((tx) => (tx.has("k") ? 1 : Promise.resolve("later")));
same<typeof either, 1 | Promise<string>>(true);

// Whatever reads can be merged from, compared with and taken as a base.
const merged: MergeResult = store.merge(reader.scope("user"), "skip");
same<typeof merged.added, readonly string[]>(true);
const how: MergeOptions = { strategy: "error", base: store.clone() };
store.scope("user").merge(store, how);
const strategy: MergeStrategy = ({ key, ours, incoming, base }) =>
  key === "" || base === undefined ? "overwrite" : { value: { ours, incoming }, tags: ["both"], keepTtl: true };
store.merge(store.clone(), { strategy });
store.merge(store.clone(), (conflict) => {
  same<typeof conflict, MergeConflict>(true);
  same<typeof conflict.base, DeepReadonly<Value> | undefined>(true);
  return "skip";
});
store.diff(reader).changed.map((key) => key.length);

// Lines go from any view into any store.
const imported: MergeResult = store.import(reader.export(), { strategy: "skip", base: reader });
store.import([...store.export()].join(""), strategy);
const brought: number = store.restore(store.snapshot());
console.log(imported, brought);

store.watch<Order>({ prefix: "order:" }, ({ value: after, previous }) => same<typeof after, typeof previous>(true));
for (const [key, entry] of store.entries<Order>({ prefix: "order:", limit: 5 }))
  same<[typeof key, string], [string, typeof entry.id]>(true);

// A feed is iterated, and remembers where it stands.
const feed = reader.changes({ since: store.changes().cursor });
for await (const { cursor, changes } of feed) same<[typeof cursor, (typeof changes)[number]["key"]], [string, string]>(true);

// Who waits for a key gets its value; who waits by a predicate may wait for it to go.
const awaited = await store.waitFor<Order>("order:1", { timeout: "5s", signal: new AbortController().signal });
same<typeof awaited, DeepReadonly<Order>>(true);
const found = await reader.scope("order").waitFor<Order>("1", (entry) => entry?.note === "paid", { timeout: 5 });
same<typeof found, DeepReadonly<Order> | undefined>(true);

// Middleware may return what next answers, or nothing.
const loud: Middleware = { read: (call, next) => (call.key === undefined ? next() : undefined), write: (writes, next) => next(writes) };
store.scope("order").use(loud)();
store.use({
  write(writes, next) {
    const kept = writes.filter((write) => write.type === "set" && write.tags?.includes("keep"));
    const more: Write = { type: "set", key: "log", value: writes.length, ttl: "1h" };
    next([...kept, more]);
  },
});
store.use({ write: (_, next) => void next() });

try {
  store.getOrThrow("missing");
} catch (error) {
  if (error instanceof HoldallError && error.code === "NOT_FOUND") console.log(error.key, version, keys);
}
