/**
 * The language of shapes: what values look like, as values.
 *
 * @module
 */

import type { ValueKind } from "./values.js";

/**
 * What a value looks like:
 *
 * - the name of its kind for what holds nothing else: `"string"`, `"number"`, `"boolean"`, `"null"`, `"date"`, `"bigint"`, `"bytes"`;
 * - for an object, an object with the shape of each property;
 * - for an array, an array with each shape that its elements have, once.
 *
 * Names of properties and the shapes in an array are sorted, so equal shapes are equal texts in JSON.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 *
 * const orders = createStore();
 * orders.set("1", { id: "o-1", lines: [{ sku: "a", count: 1 }, { sku: "b", count: 2 }], placed: new Date() });
 *
 * orders.schemaOf("1"); // { id: "string", lines: [{ count: "number", sku: "string" }], placed: "date" }
 * ```
 */
export type Shape = Exclude<ValueKind, "array" | "object"> | readonly Shape[] | { readonly [property: string]: Shape };

/**
 * What a value may look like. Every {@link Shape} is a pattern that matches its own value, and:
 *
 * - a kind's name matches all values of that kind, `"object"` and `"array"` too;
 * - an object matches objects that have at least these properties, each matching: `{}` matches every object;
 * - an array matches arrays each of whose elements matches one of these: `["string", "null"]`. `[]` matches every array, and an empty array matches all.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 *
 * const store = createStore();
 * store.set("a", { id: 1, lines: [] });
 * store.set("b", { id: 2, lines: [{ sku: "x", count: 1 }], paid: true });
 * store.set("c", { id: "3" });
 *
 * [...store.findBySchema({ id: "number" })]; // ["a", "b"]
 * [...store.findBySchema({ lines: [{ sku: "string" }], paid: "boolean" })]; // ["b"]
 * ```
 */
export type ShapePattern = ValueKind | readonly ShapePattern[] | { readonly [property: string]: ShapePattern };
