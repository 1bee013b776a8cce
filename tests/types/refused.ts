/**
 * What must not compile: each line below `@ts-expect-error` is a mistake that the types catch. Compiled by `types.test.ts` and
 * `npm run check`; never run.
 *
 * @module
 */
import { createStore, HoldallError } from "../../ts/index.js";

const store = createStore();

// @ts-expect-error a function is not a value
store.set("key", () => 1);
// @ts-expect-error nor is a symbol
store.set("key", Symbol("x"));
// @ts-expect-error nor is undefined on its own
store.set("key", undefined);
// @ts-expect-error nor is a Map
store.set("key", new Map([["a", 1]]));
// @ts-expect-error an option is misspelt
store.set("key", 1, { tll: 5 });
// @ts-expect-error compareAndSet needs the version
store.compareAndSet("key", 1, {});
// @ts-expect-error what get gives may not be there
store.get<{ id: string }>("key").id;
// @ts-expect-error what get gives is not to be changed
store.getOrThrow<{ list: number[] }>("key").list.push(1);
// @ts-expect-error at any depth
store.getOrThrow<{ deep: { count: number } }>("key").deep.count = 1;
// @ts-expect-error a reader does not write
store.reader().set("key", 1);
// @ts-expect-error nor do its scopes
store.reader().scope("user").delete("1");
// @ts-expect-error nor can it be wrapped
store.reader().use({ read: (_, next) => next() });
// @ts-expect-error middleware is synchronous
store.use({ write: async (_, next) => void next() });
// @ts-expect-error a cursor is text
store.changes({ since: 5 });
// @ts-expect-error what a key may hold can be missing where a predicate says when
(await store.waitFor<{ id: string }>("key", () => true)).id;
// @ts-expect-error a write says what it is
store.use({ write: (_, next) => next([{ key: "k", value: 1 }]) });
// @ts-expect-error keys are text
store.get(1);
// @ts-expect-error nor do they change metadata
store.reader().setProperty("key", "name", 1);
// @ts-expect-error a function is no value of a property either
store.setProperty("key", "name", () => 1);
// @ts-expect-error a deadline is no metadata to set
store.setMeta("key", { ttl: 5 });
// @ts-expect-error what a property gives is not to be changed
(store.getProperty<{ deep: { count: number } }>("key", "name") ?? { deep: { count: 0 } }).deep.count = 1;
// @ts-expect-error there is no such kind
store.keysByKind("text");
// @ts-expect-error nor in a pattern
store.findBySchema({ id: "text" });
// @ts-expect-error a condition on a property names it
store.find({ property: { value: 1 } });
// @ts-expect-error there is no such policy
createStore({ policy: "fifo" });
// @ts-expect-error size is read only
store.size = 0;
// @ts-expect-error there is no such code
if (new HoldallError("NOT_FOUND", "").code === "NOT_THERE") store.clear();
// @ts-expect-error a transaction cannot be watched
store.transaction((tx) => tx.watch(() => undefined));
// @ts-expect-error nor begin another
store.transaction((tx) => tx.scope("s").transaction(() => 1));
// @ts-expect-error what a waiting body gives comes later
store.transaction(async () => 5).toFixed();
// @ts-expect-error retries are a number
store.transaction(() => 1, { retries: "3" });
// @ts-expect-error a merge needs its strategy
store.merge(store.clone());
// @ts-expect-error there is no such strategy
store.merge(store.clone(), "replace");
// @ts-expect-error nor among the options
store.merge(store.clone(), { base: store.clone() });
// @ts-expect-error a strategy does not wait
store.merge(store.clone(), async () => "skip");
// @ts-expect-error a base is a store, a scope or a reader
store.merge(store.clone(), { strategy: "skip", base: new Map() });
// @ts-expect-error a reader does not merge
store.reader().merge(store, "skip");
// @ts-expect-error nor does it import
store.reader().import("", "skip");
// @ts-expect-error nor is it restored
store.reader().restore(new Uint8Array());
// @ts-expect-error bytes are no lines
store.import(new Uint8Array(), "skip");
