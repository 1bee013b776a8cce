/**
 * What must not compile of updates and typed stores: each line below `@ts-expect-error` is a mistake that the types catch. Compiled by
 * `types.test.ts` and `npm run check`; never run.
 *
 * @module
 */
import { z } from "zod";
import { createStore } from "../../ts/index.js";

const store = createStore();
const users = store.typed(z.object({ name: z.string(), tags: z.array(z.string()) }));

// @ts-expect-error what update makes is of the type
store.update<number>("n", () => "text");
// @ts-expect-error what was there may be missing
store.update<number>("n", (n) => n + 1);
// @ts-expect-error a step is a number
store.increment("n", "1");
// @ts-expect-error fields are values
store.updateFields("k", { "/a": undefined });
// @ts-expect-error a loader gives what a store can hold
store.getOrLoad("k", () => new Map());
// @ts-expect-error a load sets no kept ttl
store.getOrLoad("k", () => 1, { keepTtl: true });
// @ts-expect-error there is no such kind
store.getAs("k", "text");
// @ts-expect-error a reader does not update
store.reader().update("k", () => 1);
// @ts-expect-error nor load
store.reader().getOrLoad("k", () => 1);
// @ts-expect-error a value of another type
users.set("1", { name: 1, tags: [] });
// @ts-expect-error nor one among many
users.setMany([["1", { name: "a" }]]);
// @ts-expect-error what is read is not to be changed
users.getOrThrow("1").tags.push("t");
// @ts-expect-error fields of a typed view are set by update
users.updateFields("1", { "/name": 1 });
// @ts-expect-error a typed reader does not write
users.reader().set("1", { name: "a", tags: [] });
// @ts-expect-error nor do its scopes
store.reader().typed(z.string()).scope("s").delete("k");
// @ts-expect-error a schema that makes another type of it would not read what it wrote
store.typed(z.string().transform(Number));
// @ts-expect-error a Map needs a codec
store.typed(z.map(z.string(), z.string()));
// @ts-expect-error a codec takes what the schema gives
store.typed(z.string(), { encode: (value: number) => value, decode: () => "" });
