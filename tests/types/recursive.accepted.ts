/**
 * Types that hold themselves, as most descriptions of JSON do: they are read and written, and end. Compiled by `types.test.ts`; never run.
 *
 * @module
 */
import { createStore, type DeepReadonly } from "../../ts/index.js";

/** Fails to compile unless both types are the same. */
function same<A, B>(_same: [A] extends [B] ? ([B] extends [A] ? true : never) : never): void {}

const store = createStore();

// JSON as an alias.
type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
declare const json: Json;
const read = store.get<Json>("k");
if (typeof read === "object" && read !== null && !Array.isArray(read)) {
  const part = (read as { readonly [name: string]: DeepReadonly<Json> }).part;
  same<typeof part, DeepReadonly<Json> | undefined>(true);
}
same<DeepReadonly<Json[]>, readonly DeepReadonly<Json>[]>(true);
store.get<Json[]>("k")?.map((element) => element);
store.getOrDefault<Json>("k", null);
store.getMutable<Json>("k");
store.update<Json>("k", (before) => before ?? null);
store.watch<Json>("k", (change) => change.value);
store.set("k", json);
store.compareAndSet("k", json, { version: 0 });
store.setProperty("k", "p", json);
store.getOrLoad("k", async () => json);

// JSON by an interface.
interface JsonObject {
  [name: string]: JsonValue;
}
type JsonValue = string | number | boolean | null | JsonObject | JsonValue[];
declare const jsonValue: JsonValue;
store.get<JsonValue>("k");
store.set("k", jsonValue);

// A tree.
interface Tree {
  name: string;
  children: Tree[];
  parent?: Tree;
}
declare const tree: Tree;
store.set("tree", tree);
const grandchildren = store.get<Tree>("tree")?.children[0]?.children;
same<typeof grandchildren, readonly DeepReadonly<Tree>[] | undefined>(true);

// Tuples stay tuples, readonly ones and those with a rest as well.
same<DeepReadonly<[string, { n: number }]>, readonly [string, { readonly n: number }]>(true);
same<DeepReadonly<readonly [number, number?]>, readonly [number, number?]>(true);
same<DeepReadonly<[]>, readonly []>(true);
same<DeepReadonly<[string, ...{ n: number }[]]>, readonly [string, ...{ readonly n: number }[]]>(true);
// @ts-expect-error: what comes out of the store is readonly, arrays within it too
store.get<Tree>("tree")?.children.push(tree);
